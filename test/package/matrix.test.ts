// The quick rows of the matrix, with the tools that the repository has anyway; `npm run test:matrix` runs all.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoChromium } from "../support/chromium.js";
import { Matrix, NotRun } from "../matrix/matrix.mjs";
import { rows } from "../matrix/rows.mjs";

describe("the packed package works with", () => {
  let matrix: Matrix;
  beforeAll(() => {
    matrix = new Matrix();
  });
  afterAll(() => matrix?.close());

  for (const { what, kind, run } of rows.filter(({ isQuick }) => isQuick)) {
    it.skipIf(kind === "page" && whyNoChromium !== undefined)(what, async ({ skip }) => {
      const words = await run(matrix).catch((error: unknown) => {
        if (error instanceof NotRun) skip(error.message);
        throw error;
      });
      expect(words).not.toBe("");
    });
  }
});
