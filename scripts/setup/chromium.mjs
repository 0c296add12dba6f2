// The browser of the browser tests: one that is installed, else the system's package where we may install it.
import fs from "node:fs";
import path from "node:path";
import { ask, run } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";

/**
 * @typedef {object} Browser
 * @property {string} [path] of one that runs
 * @property {string} [version]
 * @property {string} [problem] why there is none and what to do
 */

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const HOW =
  "install Chromium or Chrome (Debian: `apt-get install chromium`; macOS: `brew install --cask chromium`) or set CHROMIUM_PATH to one";

/** What a headless Chromium is started with: it calls nobody, so that nothing needs, nor waits for, a network. */
export const CHROMIUM_FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium's sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** @returns {Browser} */
export function findChromium() {
  const named = process.env["CHROMIUM_PATH"];
  if (named) {
    return (
      asBrowser(named) ?? {
        problem: `CHROMIUM_PATH is ${named}, which does not run: set it to a Chromium or Chrome`,
      }
    );
  }
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  const candidates = [...folders, ...PLACES].flatMap((place) => [
    place,
    ...NAMES.map((name) => path.join(place, name)),
  ]);
  for (const file of candidates) {
    const browser = fs.statSync(file, { throwIfNoEntry: false })?.isFile() ? asBrowser(file) : undefined;
    if (browser !== undefined) return browser;
  }
  return { problem: `no Chromium was found: ${HOW}` };
}

/**
 * Installs Debian's package where this is Debian and we are root; otherwise what was found is all there is.
 *
 * @param {Browser} found
 * @returns {Promise<Browser>}
 */
export async function installChromium(found) {
  if (process.env["CHROMIUM_PATH"] || !isDebian() || process.getuid?.() !== 0) return found;
  /** @type {Browser} */
  let browser = found;
  await step({
    title: "Chromium for the browser tests",
    expect: "apt-get install chromium, about a minute",
    work: async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      // The lists of packages may be old or missing; should that fail, the install says what is wrong.
      await run("apt-get", ["update"], { env, output: "hide" });
      const install = ["install", "-y", "--no-install-recommends", "chromium"];
      const { code, output } = await run("apt-get", install, { env, output: "hide" });
      browser = findChromium();
      if (browser.path === undefined) {
        const why = output.trimEnd().split("\n").at(-1) ?? "";
        browser = { problem: `apt-get install chromium failed (exit code ${code}: ${why}): ${HOW}` };
        return "failed";
      }
      return browser.version;
    },
  });
  return browser;
}

/** @param {Browser} browser */
export function describeChromium(browser) {
  if (browser.path !== undefined) return `✓ Chromium: ${browser.version} at ${browser.path}`;
  return `! Chromium: ${browser.problem}. The browser tests are skipped.`;
}

/**
 * @param {string} file
 * @returns {Browser | undefined}
 */
function asBrowser(file) {
  const version = ask(file, ["--version"]);
  return version === undefined ? undefined : { path: file, version };
}

function isDebian() {
  const file = "/etc/os-release";
  return fs.existsSync(file) && /^ID=debian$/m.test(fs.readFileSync(file, "utf8"));
}
