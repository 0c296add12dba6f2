import { chromium, type Browser } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../../scripts/setup/chromium.mjs";

/** The browser to test with: what the set-up found, or, when vitest was called by hand, what there is. */
const found = process.env["MYNAH_NO_CHROMIUM"]
  ? { problem: process.env["MYNAH_NO_CHROMIUM"] }
  : findChromium();

/** Why tests in Chromium have to be skipped; undefined when they can run. `npm test` repeats it under the tally. */
export const whyNoChromium = found.path === undefined ? (found.problem ?? "none was found") : undefined;

/**
 * Starts Chromium with a fresh profile, without a window.
 *
 * @param without - flags that Playwright would give it
 */
export async function launchChromium(without: string[] = []): Promise<Browser> {
  if (found.path === undefined) throw new Error(whyNoChromium);
  return chromium.launch({
    executablePath: found.path,
    args: CHROMIUM_FLAGS,
    ignoreDefaultArgs: without,
  });
}
