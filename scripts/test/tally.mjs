// Counts of tests, read from what each test runner says of itself.

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} [problem] why the suite could not run as it should; it counts as one failure
 */

/** @type {Counts} */
export const NOTHING = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * The line that CI reads.
 *
 * @param {Counts} counts
 */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** @param {Counts} counts */
export function describe(counts) {
  return closingLine(counts) + (counts.problem === undefined ? "" : ` (${counts.problem})`);
}

/**
 * The counts, with a failure added where a suite ended badly without a failed test to show for it, or ran nothing at all.
 *
 * @param {Counts | undefined} counts undefined: the runner never said
 * @param {number} exitCode of the runner
 * @returns {Counts}
 */
export function judged(counts, exitCode) {
  const failure = (/** @type {string} */ problem) => ({
    ...add(counts ?? NOTHING, { ...NOTHING, failed: 1 }),
    problem,
  });
  if (counts === undefined) return failure(`the suite could not run: exit code ${exitCode} and no counts`);
  if (counts.failed === 0 && exitCode !== 0) return failure(`the runner failed with exit code ${exitCode}`);
  if (counts.passed + counts.failed + counts.skipped === 0) return failure("the suite holds no test");
  return counts;
}

/**
 * As `judged`, for a suite that may well hold nothing yet.
 *
 * @param {Counts | undefined} counts
 * @param {number} exitCode
 * @returns {Counts}
 */
export function judgedMaybeEmpty(counts, exitCode) {
  return counts !== undefined && exitCode === 0 ? counts : judged(counts, exitCode);
}

/**
 * nextest's closing line: `Summary [ 1.2s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
 *
 * @param {string} output
 * @returns {Counts | undefined}
 */
export function nextestCounts(output) {
  const line = /Summary \[[^\]]*\]\s+(\d+)(?:\/\d+)? tests? run:(.*)/.exec(output);
  if (line === null) return undefined;
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`(\\d+) ${word}`).exec(line[2] ?? "")?.[1] ?? 0);
  const passed = count("passed");
  // Failed, timed out, ended by a signal: whatever ran and did not pass.
  return { passed, failed: Number(line[1]) - passed, skipped: count("skipped") };
}

/**
 * The closing lines of `cargo test` and of wasm-bindgen's test runner, one for each test program:
 * `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
 *
 * @param {string} output
 * @returns {Counts | undefined}
 */
export function cargoTestCounts(output) {
  const lines = [...output.matchAll(/test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/g)];
  if (lines.length === 0) return undefined;
  return lines.reduce(
    (sum, [, passed, failed, skipped]) =>
      add(sum, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }),
    NOTHING,
  );
}

/**
 * The report of vitest's json reporter.
 *
 * @param {string} text
 * @returns {Counts}
 */
export function vitestCounts(text) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   *   testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const report = JSON.parse(text);
  // A file that cannot even be loaded, or whose beforeAll fails, has no failed test in it; it counts as one.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
