// What no input is known to bring about: a trap in WebAssembly. The module under test has one state for all, so each test loads it anew.
import { afterEach, expect, it, vi } from "vitest";
import { MynahError } from "../../../ts/src/errors.js";

afterEach(() => vi.resetModules());

const loadInstance = () => import("../../../ts/src/wasm/instance.js");

const thrownBy = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail("expected a throw");
};

it.each([
  new WebAssembly.RuntimeError("unreachable"),
  new RangeError("Maximum call stack size exceeded"),
  Object.assign(new Error("too much recursion"), { name: "InternalError" }),
])("after %s nothing is called any more", async (trap) => {
  const { callWasm, isInstanceAlive, instantiate } = await loadInstance();
  expect(callWasm(() => 1)).toBe(1);
  const first = thrownBy(() =>
    callWasm(() => {
      throw trap;
    }),
  );
  expect(first).toMatchObject({ name: "MynahError", code: "worker-crashed", cause: trap });
  expect(isInstanceAlive()).toBe(false);
  const next = vi.fn();
  expect(thrownBy(() => callWasm(next))).toBe(first);
  expect(next).not.toHaveBeenCalled();
  expect(thrownBy(() => instantiate({} as WebAssembly.Module, "simd128"))).toBe(first);
});

it.each([
  "WebAssembly.Instance(): Out of memory",
  "Array buffer allocation failed",
  "could not allocate memory",
])("%s is out-of-memory, and not the end", async (message) => {
  const { callWasm, isInstanceAlive } = await loadInstance();
  const error = thrownBy(() =>
    callWasm(() => {
      throw new RangeError(message);
    }),
  );
  expect(error).toMatchObject({ code: "out-of-memory" });
  expect(isInstanceAlive()).toBe(true);
});

it("errors of Rust keep their code and message, others are internal", async () => {
  const { callWasm } = await loadInstance();
  const fromRust = Object.assign(new Error("text is empty"), { name: "MynahError", code: "empty-text" });
  const throwing = (error: unknown) => () =>
    callWasm(() => {
      throw error;
    });
  expect(thrownBy(throwing(fromRust))).toEqual(new MynahError("empty-text", "text is empty"));
  const bug = new Error("null pointer passed to rust");
  expect(thrownBy(throwing(bug))).toMatchObject({ code: "internal", cause: bug });
  const strange = Object.assign(new Error("?"), { name: "MynahError", code: "no-such-code" });
  expect(thrownBy(throwing(strange))).toMatchObject({ code: "internal" });
});
