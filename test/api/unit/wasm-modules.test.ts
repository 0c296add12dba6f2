import { expect, it } from "vitest";
import { wasmModule } from "../../../ts/src/wasm/modules.js";

it("a file that is not there has a code of its own, and is named", async () => {
  // Beside the sources, where this test loads them from, there is none.
  await expect(wasmModule("simd128")).rejects.toMatchObject({
    name: "MynahError",
    code: "wasm-unavailable",
    message: expect.stringMatching(
      /^mynah's simd128 WebAssembly build could not be loaded: .*mynah_simd128\.wasm/,
    ),
  });
});
