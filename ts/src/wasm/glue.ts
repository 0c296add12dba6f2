// The glue that wasm-bindgen writes. That of the two builds is the same, byte for byte (the build script checks), so one is imported.
import * as glue from "../../../build/wasm/simd128/mynah_wasm.js";

export {
  Documents,
  Evaluation,
  initSync,
  Model,
  Sampler,
  Training,
} from "../../../build/wasm/simd128/mynah_wasm.js";

interface Probes {
  gradientFlow(model: glue.Model, text: string, options: string): string;
  memoryEstimate(modelOptions: string, trainOptions: string, vocabularySize: number, symbols: number): number;
}

const probes = glue as unknown as Probes;

/** How the gradient fades on its way back, as JSON. */
export const gradientFlow: Probes["gradientFlow"] = (...args) => probes.gradientFlow(...args);

/** Memory that a training takes, in bytes; options as JSON. */
export const memoryEstimate: Probes["memoryEstimate"] = (...args) =>
  "memoryEstimate" in glue ? probes.memoryEstimate(...args) : NaN;
