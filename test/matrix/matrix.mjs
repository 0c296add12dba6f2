// What the rows of the matrix have at hand: the packed package, projects that have installed it, tools, and a browser.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { launchChromium } from "../../bench/lib/chromium.mjs";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { pack, Project } from "../package/packed.mjs";

const projects = path.join(import.meta.dirname, "projects");

/** Where tools come from: those of the matrix, else those that the repository has anyway, with which the quick rows do. */
const TOOLS = [path.join(import.meta.dirname, "node_modules"), inRoot("node_modules")];

/** Why a row was not run, which is no failure. */
export class NotRun extends Error {}

/**
 * The folder of a tool.
 *
 * @param {string} name
 */
export function toolFolder(name) {
  const folder = TOOLS.map((it) => path.join(it, name)).find((it) => fs.existsSync(it));
  if (folder === undefined) throw new NotRun(`${name} is not installed`);
  return folder;
}

/**
 * @param {string} name
 * @returns {string} such as "vite 8.3.8"
 */
export function versionOf(name) {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(fs.readFileSync(path.join(toolFolder(name), "package.json"), "utf8"));
  return `${name} ${version}`;
}

/** A project that has really installed the packed package, and sees some tools as if it had installed them. */
export class MatrixProject extends Project {
  /**
   * @param {string} template in projects/
   * @param {string} tarball
   * @param {readonly string[]} tools
   */
  constructor(template, tarball, tools) {
    super(path.join(projects, template), tarball);
    fs.copyFileSync(path.join(projects, "train.js"), path.join(this.folder, "train.js"));
    for (const name of tools) {
      const link = path.join(this.folder, "node_modules", name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(toolFolder(name), link);
    }
  }

  /**
   * The command line of a tool.
   *
   * @param {string} name of the tool
   * @param {string[]} args
   * @param {string} [command] where it is not called as the tool
   * @returns {[string, string[]]}
   */
  commandOf(name, args, command = name) {
    /** @type {{ bin: string | Record<string, string> }} */
    const { bin } = JSON.parse(fs.readFileSync(path.join(toolFolder(name), "package.json"), "utf8"));
    const file = path.join(toolFolder(name), typeof bin === "string" ? bin : (bin[command] ?? ""));
    // esbuild puts its program in the place of the script that starts it, where scripts of packages may run.
    return fs.readFileSync(file).subarray(0, 2).toString() === "#!"
      ? ["node", [file, ...args]]
      : [file, args];
  }

  /**
   * @param {string} name of the tool
   * @param {string[]} args
   * @param {string} [command] where it is not called as the tool
   */
  tool(name, args, command = name) {
    return this.run(...this.commandOf(name, args, command));
  }

  /** @param {...string} parts */
  in(...parts) {
    return path.join(this.folder, ...parts);
  }
}

/**
 * Makes a project, lends it, and removes it.
 *
 * @template Value
 * @param {Matrix} matrix
 * @param {string} template in projects/
 * @param {readonly string[]} tools
 * @param {(project: MatrixProject) => Value | Promise<Value>} work
 * @returns {Promise<Value>}
 */
export async function inProject(matrix, template, tools, work) {
  const project = new MatrixProject(template, matrix.tarball, tools);
  try {
    return await work(project);
  } finally {
    project[Symbol.dispose]();
  }
}

/** The packed package and a browser, for as long as rows are run. */
export class Matrix {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), "mynah-tarball-"));
  tarball = pack(this.#folder).tarball;
  /** @type {Promise<import("playwright-core").Browser> | undefined} */
  #browser;

  /** @param {string} [flags] of V8, for which there is a browser of its own */
  browser(flags) {
    if (flags !== undefined) return launchChromium([`--js-flags=${flags}`]);
    this.#browser ??= launchChromium();
    return this.#browser;
  }

  /** Ends the browser and removes the package. */
  async close() {
    await (await this.#browser?.catch(() => undefined))?.close();
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
