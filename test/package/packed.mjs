// The package as npm would publish it, and projects that install it on a machine without Rust.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "../../scripts/lib/paths.mjs";

/**
 * @typedef {object} Packed
 * @property {string} tarball
 * @property {number} size bytes of the tarball
 * @property {number} unpackedSize bytes of what is in it
 * @property {readonly string[]} files paths inside the package
 */

/**
 * Runs `npm pack` on the built repository.
 *
 * @param {string} folder where the tarball goes
 * @returns {Packed}
 */
export function pack(folder) {
  const output = must("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
  /** @type {[{ filename: string, size: number, unpackedSize: number, files: { path: string }[] }]} */
  const [it] = JSON.parse(output);
  return {
    tarball: path.join(folder, it.filename),
    size: it.size,
    unpackedSize: it.unpackedSize,
    files: it.files.map((file) => file.path).toSorted(),
  };
}

/** Programs of a build from source, none of which a user of the package needs. */
export const BUILD_TOOLS = ["cargo", "rustc", "rustup", "wasm-bindgen", "wasm-pack", "wasm-opt"];

/** An empty project that has installed the tarball, on a machine that has Node and npm and nothing else. */
export class Project {
  #outside;
  folder;
  tarball;
  /** @type {NodeJS.ProcessEnv} */
  env;

  /**
   * @param {string} template folder whose files the project begins with
   * @param {string} tarball
   */
  constructor(template, tarball) {
    // realpath: on macOS the temporary folder lies behind a link, and tools print what is behind it.
    this.#outside = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "mynah-project-")));
    this.folder = path.join(this.#outside, "project");
    this.tarball = tarball;
    fs.cpSync(template, this.folder, { recursive: true });
    this.env = {
      PATH: nodeAndNpmOnly(path.join(this.#outside, "bin")),
      HOME: this.#outside,
      npm_config_cache: path.join(this.#outside, "npm-cache"),
    };
    // Offline: the package depends on nothing, so nothing has to be fetched.
    this.run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball]);
  }

  /**
   * What a program prints on standard output; throws when it fails.
   *
   * @param {string} command
   * @param {string[]} args
   */
  run(command, args) {
    return must(command, args, { cwd: this.folder, env: this.env });
  }

  [Symbol.dispose]() {
    fs.rmSync(this.#outside, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * A folder with links to Node, npm and the shell that npm starts: as a PATH it has no way to Rust.
 *
 * @param {string} folder
 */
function nodeAndNpmOnly(folder) {
  fs.mkdirSync(folder);
  for (const name of ["node", "npm", "npx", "sh"]) {
    const place = (process.env["PATH"] ?? "")
      .split(path.delimiter)
      .map((it) => path.join(it, name))
      .find((it) => fs.existsSync(it));
    const target = name === "node" ? process.execPath : place;
    if (target === undefined) throw new Error(`${name} is not on PATH`);
    fs.symlinkSync(fs.realpathSync(target), path.join(folder, name));
  }
  return folder;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 */
function must(command, args, options) {
  const result = spawnSync(command, args, { ...options, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${[command, ...args].join(" ")} failed (${result.status ?? result.signal ?? result.error?.message}):\n${result.stdout}\n${result.stderr}`,
  );
}
