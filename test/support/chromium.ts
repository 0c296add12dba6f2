import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../../scripts/setup/chromium.mjs";

/** The browser to test with: what the set-up found, or, when vitest was called by hand, what there is. */
const found = process.env["MYNAH_NO_CHROMIUM"]
  ? { problem: process.env["MYNAH_NO_CHROMIUM"] }
  : findChromium();

/** Why tests in Chromium have to be skipped; undefined when they can run. `npm test` repeats it under the tally. */
export const whyNoChromium = found.path === undefined ? (found.problem ?? "none was found") : undefined;

// Nothing that calls home: a test run must not need, nor wait for, a network.
const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium's sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** Starts Chromium with a fresh profile, without a window. */
export async function launchChromium(): Promise<Browser> {
  if (found.path === undefined) throw new Error(whyNoChromium);
  return chromium.launch({ executablePath: found.path, args: ARGS });
}
