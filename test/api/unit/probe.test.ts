import { afterEach, expect, it, vi } from "vitest";
import { chooseBuild, supports } from "../../../ts/src/wasm/probe.js";

afterEach(() => vi.unstubAllGlobals());

/** An engine that accepts so many of the two probe modules: the first is the shorter one. */
function engineWith(simd128: boolean, relaxed: boolean): void {
  const validate = (bytes: Uint8Array): boolean => (bytes.length < 35 ? simd128 : relaxed);
  vi.stubGlobal("WebAssembly", { ...WebAssembly, validate });
}

it("takes the fastest build there is", () => {
  engineWith(true, true);
  expect(chooseBuild("auto")).toBe("relaxed");
  engineWith(true, false);
  expect(chooseBuild("auto")).toBe("simd128");
});

it("takes the build that was asked for", () => {
  engineWith(true, true);
  expect(chooseBuild("simd128")).toBe("simd128");
  expect(chooseBuild("relaxed")).toBe("relaxed");
});

it("refuses an engine that lacks what is needed", () => {
  const refusal = expect.objectContaining({ code: "unsupported-engine" });
  engineWith(true, false);
  expect(() => chooseBuild("relaxed")).toThrow(refusal);
  engineWith(false, false);
  expect(() => chooseBuild("auto")).toThrow(refusal);
  vi.stubGlobal("WebAssembly", undefined);
  expect(() => chooseBuild("auto")).toThrow(refusal);
});

it("this engine has SIMD, by its own word", () => {
  expect(supports("simd128")).toBe(true);
});
