// A vitest project of vitest.config.ts as a suite.
import fs from "node:fs";
import path from "node:path";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { judged, vitestCounts } from "./tally.mjs";

/** @typedef {import("../setup/main.mjs").Ready} Ready */

/** @param {string} project */
export const vitest =
  (project) =>
  /** @param {Ready} ready */
  async (ready) => {
    const report = path.join(buildDir, "test", `${project}.json`);
    fs.rmSync(report, { force: true });
    const program = inRoot("node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`];
    const result = await run(process.execPath, [program, "run", `--project=${project}`, ...reporters], {
      env: {
        ...ready.env,
        // The tests take the browser that the set-up found, and say why where there is none.
        CHROMIUM_PATH: ready.chromium ?? "",
        MYNAH_NO_CHROMIUM: ready.whyNoChromium ?? "",
      },
    });
    const text = fs.existsSync(report) ? fs.readFileSync(report, "utf8") : undefined;
    return judged(text === undefined ? undefined : vitestCounts(text), result.code);
  };
