import { afterEach, expect, it, vi } from "vitest";
import { writePage } from "../../../ts/src/cli/view/epilogue.js";

const told = Object.getOwnPropertyDescriptor(process.stdout, "columns");

afterEach(() => {
  vi.restoreAllMocks();
  if (told === undefined) Reflect.deleteProperty(process.stdout, "columns");
  else Object.defineProperty(process.stdout, "columns", told);
});

it.each([
  ["that says it has no columns", 0, "\n  the crow and the fox\n"],
  ["of few columns", 16, "\n  the crow and\n  the fox\n"],
])("a page in a terminal %s", (_, columns, expected) => {
  Object.defineProperty(process.stdout, "columns", { value: columns, configurable: true });
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  writePage("the crow and the fox");
  expect(write).toHaveBeenCalledWith(expected);
});
