// The check of the sections that code quotes has to see every form in which it does so.
import { expect, it } from "vitest";
import { findMissingEquations, missingIn } from "../../scripts/check/equations.mjs";

const maths =
  "# The maths\n\n## (2) Products\n\n### (9b) Optimizers\n\n(4a) **Reset before**\n\n    d = (7) e\n";

it.each([
  ["//! docs/maths.md (2).", []],
  ["/// As in docs/maths.md (2), (9b) and (4a).", []],
  ["/// docs/maths.md (7)", ["(7)"]],
  ["/// docs/maths.md (2) to (5), (9c)", ["(5)", "(9c)"]],
  ["/// where v >= 0; docs/maths.md\n    /// (11). Without", ["(11)"]],
  ["/// docs/maths.md. (12) is not meant", []],
])("%j", (text, missing) => {
  const expected = missing.map((quote) => `some.rs: docs/maths.md has no ${quote}`);
  expect(missingIn("some.rs", text, maths)).toEqual(expected);
});

it("finds none in the repository", () => {
  expect(findMissingEquations()).toEqual([]);
});
