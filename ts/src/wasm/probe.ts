import { hasBuild } from "#platform";
import { MynahError } from "../errors.js";
import type { PlaceOptions } from "../options/types.js";
import type { Build } from "../types.js";

// Each module is one function that uses one instruction of the proposal; an engine without it refuses the module.
// prettier-ignore
const SIMD128_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // "\0asm", version 1
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b,       // type 0: () -> v128
  0x03, 0x02, 0x01, 0x00,                         // function 0 has type 0
  0x0a, 0x08, 0x01, 0x06, 0x00,                   // its body, without locals:
  0x41, 0x00, 0xfd, 0x11, 0x0b,                   //   i32.const 0; i32x4.splat; end
]);
// prettier-ignore
const RELAXED_SIMD_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,             // "\0asm", version 1
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b, // type 0: (v128, v128, v128) -> v128
  0x03, 0x02, 0x01, 0x00,                                     // function 0 has type 0
  0x0a, 0x0d, 0x01, 0x0b, 0x00,                               // its body, without locals:
  0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b, //   local.get 0, 1, 2; f32x4.relaxed_madd; end
]);

/** Whether this engine runs a build. */
export function supports(build: Build): boolean {
  if (typeof WebAssembly !== "object") return false;
  return WebAssembly.validate(build === "simd128" ? SIMD128_MODULE : RELAXED_SIMD_MODULE);
}

/**
 * The build to run: the one asked for, or with `"auto"` the fastest that is there and that this engine runs.
 *
 * @throws MynahError `unsupported-engine`.
 */
export function chooseBuild(wanted: NonNullable<PlaceOptions["build"]>): Build {
  if (!supports("simd128")) {
    throw new MynahError(
      "unsupported-engine",
      "mynah needs WebAssembly with SIMD (Node 16.4, Chrome 91, Firefox 89, Safari 16.4 or newer)",
    );
  }
  if (wanted === "relaxed" && !supports("relaxed")) {
    throw new MynahError(
      "unsupported-engine",
      `This engine lacks WebAssembly's relaxed SIMD; use build "auto" or "simd128"`,
    );
  }
  if (wanted !== "auto") return wanted;
  return hasBuild("relaxed") && supports("relaxed") ? "relaxed" : "simd128";
}
