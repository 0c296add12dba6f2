// Pages of the matrix: opened in Chromium, until they have shown what came of their training.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { serve } from "../../scripts/lib/static-server.mjs";

/**
 * @typedef {object} Result
 * @property {"simd128" | "relaxed"} build
 * @property {boolean} hasWorker
 * @property {string} written
 */

/**
 * Opens a page in a context of its own.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} [options] such as its size
 */
export async function resultOf(browser, url, options = {}) {
  const context = await browser.newContext(options);
  try {
    return await resultIn(context, url);
  } finally {
    await context.close();
  }
}

/**
 * Opens a page, and returns what it shows. Errors on its console, and warnings of mynah, are failures.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 * @returns {Promise<Result>}
 */
export async function resultIn(context, url) {
  const page = await context.newPage();
  /** @type {string[]} */
  const said = [];
  page.on("pageerror", (error) => said.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" || text.includes("mynah")) said.push(text);
  });
  await page.goto(url);
  const output = page.locator("output[data-result]");
  await output.waitFor({ state: "attached", timeout: 60_000 }).catch((cause) => {
    throw new Error(`the page shows nothing: ${said.join("; ")}`, { cause });
  });
  const result = JSON.parse((await output.getAttribute("data-result")) ?? "");
  assert.deepEqual(said, []);
  return result;
}

/**
 * Fails where a result is not that of a model that has trained and written as it should.
 *
 * @param {Result} result
 * @param {Partial<Result>} [expected] besides
 * @returns {string} words for the table
 */
export function judged(result, expected = { hasWorker: true }) {
  assert.equal(
    [...(result.written ?? "")].length,
    60,
    `60 symbols, but it came to ${JSON.stringify(result)}`,
  );
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(result[/** @type {keyof Result} */ (name)], value, `${name} in ${JSON.stringify(result)}`);
  }
  return `${result.hasWorker ? "in a worker" : "in its own thread"}, ${result.build} build`;
}

/**
 * Serves a folder, opens its page, and closes both.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 * @param {{ headers?: Record<string, string>, query?: string, context?: import("playwright-core").BrowserContextOptions }} [options]
 */
export async function resultOfFolder(browser, folder, { headers = {}, query = "", context = {} } = {}) {
  const server = await serve({ "/": folder }, headers);
  try {
    return await resultOf(browser, `${server.url}/${query}`, context);
  } finally {
    await server.close();
  }
}

/**
 * Starts a development server, lends its URL, and ends it.
 *
 * @template Value
 * @param {import("./matrix.mjs").MatrixProject} project
 * @param {[string, string[]]} command with its arguments
 * @param {(url: string) => Promise<Value>} work
 */
export async function whileServing(project, [command, args], work) {
  const child = spawn(command, args, { cwd: project.folder, env: project.env });
  let said = "";
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    /** @type {string} */
    const url = await new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data) => {
          said += String(data);
          const found = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(said.replaceAll(/\u001b\[\d*m/g, ""));
          if (found !== null) resolve(found[0]);
        });
      }
      void ended.then(() => reject(new Error(`the server ended: ${said}`)));
    });
    return await work(url);
  } finally {
    child.kill();
    await ended;
  }
}
