import { describe, expect, it } from "vitest";
import {
  add,
  cargoTestCounts,
  closingLine,
  judged,
  judgedMaybeEmpty,
  nextestCounts,
  vitestCounts,
} from "../../scripts/test/tally.mjs";

describe("counts of nextest", () => {
  it("reads the closing line", () => {
    const output = "     Summary [   1.234s] 12 tests run: 12 passed, 3 skipped\n";
    expect(nextestCounts(output)).toEqual({ passed: 12, failed: 0, skipped: 3 });
  });

  it("counts as failed whatever ran and did not pass", () => {
    const output =
      "Summary [  61.0s] 12 tests run: 8 passed (1 slow), 2 failed, 1 timed out, 1 exec failed, 0 skipped";
    expect(nextestCounts(output)).toEqual({ passed: 8, failed: 4, skipped: 0 });
  });

  it("reads one test and an interrupted run", () => {
    expect(nextestCounts("Summary [ 0.1s] 1 test run: 1 passed, 0 skipped")).toEqual({
      passed: 1,
      failed: 0,
      skipped: 0,
    });
    expect(nextestCounts("Summary [ 0.1s] 5/9 tests run: 5 passed, 0 skipped")).toEqual({
      passed: 5,
      failed: 0,
      skipped: 0,
    });
  });

  it("has none where nothing was compiled", () => {
    expect(nextestCounts("error: could not compile `mynah-nn`")).toBeUndefined();
  });
});

describe("counts of cargo test and wasm-bindgen's runner", () => {
  it("adds up the test programs", () => {
    const output = [
      "test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s",
      "test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 filtered out; finished in 0.01s",
    ].join("\n");
    expect(cargoTestCounts(output)).toEqual({ passed: 6, failed: 3, skipped: 2 });
  });

  it("has none where nothing was compiled", () => {
    expect(cargoTestCounts("error: no such target")).toBeUndefined();
  });
});

describe("counts of vitest", () => {
  const report = (testResults: object[], counts: object) =>
    JSON.stringify({
      numPassedTests: 0,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      ...counts,
      testResults,
    });

  it("takes the report's counts", () => {
    const text = report(
      [{ status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] }],
      {
        numPassedTests: 1,
        numFailedTests: 1,
        numPendingTests: 2,
        numTodoTests: 1,
      },
    );
    expect(vitestCounts(text)).toEqual({ passed: 1, failed: 1, skipped: 3 });
  });

  it("counts a file that could not be loaded as one failure", () => {
    expect(vitestCounts(report([{ status: "failed", assertionResults: [] }], {}))).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });
});

describe("the verdict on a suite", () => {
  const fine = { passed: 2, failed: 0, skipped: 0 };

  it("leaves good counts alone", () => {
    expect(judged(fine, 0)).toEqual(fine);
  });

  it("adds a failure where the suite could not run, failed without a failed test, or holds no test", () => {
    expect(judged(undefined, 101)).toMatchObject({
      passed: 0,
      failed: 1,
      problem: expect.stringContaining("could not run"),
    });
    expect(judged(fine, 1)).toMatchObject({
      passed: 2,
      failed: 1,
      problem: expect.stringContaining("exit code 1"),
    });
    expect(judged({ passed: 0, failed: 0, skipped: 0 }, 0)).toMatchObject({ failed: 1 });
  });

  it("allows a suite that may be empty to be empty, and nothing else", () => {
    const nothing = { passed: 0, failed: 0, skipped: 0 };
    expect(judgedMaybeEmpty(nothing, 0)).toEqual(nothing);
    expect(judgedMaybeEmpty(nothing, 101)).toMatchObject({ failed: 1 });
    expect(judgedMaybeEmpty(undefined, 0)).toMatchObject({ failed: 1 });
  });

  it("ends in the line that CI reads", () => {
    expect(closingLine(add(fine, { passed: 1, failed: 1, skipped: 0 }))).toBe("3 passed, 1 failed");
    expect(closingLine(add(fine, { passed: 0, failed: 0, skipped: 4 }))).toBe(
      "2 passed, 0 failed, 4 skipped",
    );
  });
});
