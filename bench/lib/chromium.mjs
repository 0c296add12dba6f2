// A headless Chromium, and what its processes take.
import fs from "node:fs";
import { chromium } from "playwright-core";
import { serve } from "../../scripts/lib/static-server.mjs";
import { CHROMIUM_FLAGS, findChromium } from "../../scripts/setup/chromium.mjs";

/**
 * Starts Chromium with a fresh profile, without a window.
 *
 * @param {string[]} [flags] besides those that it always has
 */
export async function launchChromium(flags = []) {
  return chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_FLAGS, ...flags] });
}

/**
 * Starts Chromium with an extension, and a profile in a folder.
 *
 * @param {string} extension its folder
 * @param {string} profile
 */
export async function launchWithExtension(extension, profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: [...CHROMIUM_FLAGS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
}

function chromiumPath() {
  const { path, problem } = findChromium();
  if (path === undefined) throw new Error(problem ?? "no Chromium was found");
  return path;
}

/**
 * Starts Chromium and a server of files, lends them, and ends both whatever happens.
 *
 * @template Result
 * @param {import("../../scripts/lib/static-server.mjs").Mounts} mounts
 * @param {(browser: import("playwright-core").Browser, url: string) => Promise<Result>} work
 */
export async function inChromium(mounts, work) {
  const browser = await launchChromium();
  try {
    const server = await serve(mounts);
    try {
      return await work(browser, server.url);
    } finally {
      await server.close();
    }
  } finally {
    await browser.close();
  }
}

/**
 * Peak memory in bytes of the page's renderer, the largest there is, and of the GPU process of the Chromium that this process
 * started; `undefined` where the system does not tell (there is no /proc).
 */
export function chromiumPeakMemory() {
  const processes = descendants(process.pid);
  const peak = (type) => {
    const of = processes.filter(({ command }) => command.includes(`--type=${type}`));
    return Math.max(0, ...of.map(({ status }) => Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024));
  };
  return processes.length === 0 ? undefined : peak("renderer") + peak("gpu-process");
}

/** @param {number} pid */
function descendants(pid) {
  if (!fs.existsSync("/proc")) return [];
  const all = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [status, command] = ["status", "cmdline"].map((file) =>
          fs.readFileSync(`/proc/${name}/${file}`, "utf8"),
        );
        return [{ pid: Number(name), parent: Number(/PPid:\s+(\d+)/.exec(status)?.[1]), status, command }];
      } catch {
        return []; // It has just ended.
      }
    });
  const found = new Set([pid]);
  // A parent has not always a smaller number than its child, so it takes rounds.
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const it of all) if (found.has(it.parent)) found.add(it.pid);
  }
  return all.filter((it) => it.pid !== pid && found.has(it.pid));
}
