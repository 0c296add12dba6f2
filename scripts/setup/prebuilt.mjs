// A tool as its project's release binary: seconds instead of minutes, where the network lets it through.
import fs from "node:fs";
import path from "node:path";
import { run } from "../lib/run.mjs";

/** @typedef {import("./tools.mjs").Tool} Tool */

/** A download that takes longer than this is not worth waiting for; MYNAH_DOWNLOAD_SECONDS sets another limit. */
const LIMIT_SECONDS = 20;

/** Where releases are fetched from: MYNAH_DOWNLOADS names another server with the same paths, or "off" for none. */
const SERVER = "https://github.com";

/**
 * Downloads and unpacks the release archive. Whatever goes wrong is a reason to build from source, not an error.
 *
 * @param {Tool} tool
 * @param {string} bin folder that the programs go to
 * @returns {Promise<string | undefined>} why there is none; undefined when the programs are in `bin`
 */
export async function downloadPrebuilt(tool, bin) {
  const server = process.env["MYNAH_DOWNLOADS"] || SERVER;
  const seconds = Number(process.env["MYNAH_DOWNLOAD_SECONDS"]) || LIMIT_SECONDS;
  if (server === "off") return "downloads are switched off (MYNAH_DOWNLOADS=off)";
  if (tool.archive === undefined) return `there is none for ${process.platform} on ${process.arch}`;
  const url = `${server}/${tool.archive}`;
  console.log(`  downloading ${url} (at most ${seconds} s)`);
  const unpacked = path.join(path.dirname(bin), "unpacked");
  try {
    const archive = await download(url, seconds);
    fs.mkdirSync(unpacked);
    fs.writeFileSync(path.join(unpacked, "archive.tar.gz"), archive);
    const { code } = await run("tar", ["-xzf", "archive.tar.gz"], { cwd: unpacked, output: "hide" });
    if (code !== 0) return "the archive could not be unpacked";
    return pickPrograms(tool, unpacked, bin);
  } catch (error) {
    return reason(error, seconds);
  } finally {
    fs.rmSync(unpacked, { recursive: true, force: true });
  }
}

/**
 * @param {string} url
 * @param {number} seconds
 */
async function download(url, seconds) {
  const response = await fetch(url, { signal: AbortSignal.timeout(seconds * 1000) });
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * The programs lie in a folder named after the release.
 *
 * @param {Tool} tool
 * @param {string} unpacked
 * @param {string} bin
 */
function pickPrograms(tool, unpacked, bin) {
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const program of tool.programs) {
    const file = fs
      .readdirSync(unpacked, { recursive: true, encoding: "utf8" })
      .find((name) => path.basename(name) === program + suffix);
    if (file === undefined) return `the archive holds no ${program}`;
    const place = path.join(bin, program + suffix);
    fs.renameSync(path.join(unpacked, file), place);
    fs.chmodSync(place, 0o755);
  }
  return undefined;
}

/**
 * @param {unknown} error
 * @param {number} seconds
 */
function reason(error, seconds) {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${seconds} s`;
  // fetch says only "fetch failed"; what happened is in its cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
