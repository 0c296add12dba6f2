// The glue that wasm-bindgen writes. That of the two builds is the same, byte for byte (the build script checks), so one is imported.
export {
  Documents,
  Evaluation,
  Filler,
  gradientFlow,
  initSync,
  memoryEstimate,
  parameterCount,
  Model,
  Sampler,
  Text,
  Training,
} from "../../../build/wasm/simd128/mynah_wasm.js";
