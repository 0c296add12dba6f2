// The set-up, step by step. Each step is skipped when what it makes is there already.
import path from "node:path";
import { npmBinDir } from "../lib/paths.mjs";
import { describeChromium, findChromium, installChromium } from "./chromium.mjs";
import { installNpmPackages } from "./npm-packages.mjs";
import { checkRust, installStdSources, installWasmTarget } from "./rust.mjs";
import { installTool } from "./tool.mjs";
import { wasmBindgen, wasmPack } from "./tools.mjs";

/**
 * @typedef {object} Ready
 * @property {NodeJS.ProcessEnv} env our environment with every tool on PATH
 * @property {string | undefined} chromium path of the browser; undefined where there is none
 * @property {string | undefined} whyNoChromium one sentence with what to do, where there is none
 */

/**
 * Makes everything ready.
 *
 * @param {{ chromium?: boolean }} [options] chromium: also the browser, installed where that may be done
 * @returns {Promise<Ready>}
 */
export async function setup(options = {}) {
  checkRust();
  await installNpmPackages();
  await installWasmTarget();
  await installStdSources();
  const toolDirs = [await installTool(wasmBindgen()), await installTool(wasmPack())];
  /** @type {ReturnType<typeof findChromium>} */
  let browser = {};
  if (options.chromium) {
    browser = findChromium();
    if (browser.path === undefined) browser = await installChromium(browser);
    console.log(describeChromium(browser));
  }
  return {
    // Our own bin folders first: wasm-pack takes the first wasm-bindgen and wasm-opt that it finds.
    env: {
      ...process.env,
      PATH: [...new Set([...toolDirs, npmBinDir]), process.env["PATH"]].join(path.delimiter),
    },
    chromium: browser.path,
    whyNoChromium: browser.problem,
  };
}

/** @param {string[]} args */
export async function main(args) {
  await setup({ chromium: args.includes("--chromium") });
  return 0;
}
