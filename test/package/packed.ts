// The package as npm would publish it, and projects that install it on a machine without Rust.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { root, temporaryFolder } from "../support/places.js";

export interface Packed {
  readonly tarball: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of what is in it. */
  readonly unpackedSize: number;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

/** Runs `npm pack` on the built repository. */
export function pack(folder: string): Packed {
  const [it] = JSON.parse(must("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root })) as [
    { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
  ];
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
export class Project implements Disposable {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tarball: string;
  readonly #remove: () => void;

  constructor(template: string, tarball: string) {
    const { folder, remove } = temporaryFolder(path.basename(template));
    this.folder = path.join(folder, "project");
    this.tarball = tarball;
    this.#remove = remove;
    fs.cpSync(path.join(import.meta.dirname, template), this.folder, { recursive: true });
    this.env = {
      PATH: nodeAndNpmOnly(path.join(folder, "bin")),
      HOME: folder,
      npm_config_cache: path.join(folder, "npm-cache"),
    };
    // Offline: the package depends on nothing, so nothing has to be fetched.
    this.run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball]);
  }

  /** What a program prints on standard output; throws when it fails. */
  run(command: string, args: string[]): string {
    return must(command, args, { cwd: this.folder, env: this.env });
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}

/** A folder with links to Node, npm and the shell that npm starts: as a PATH it has no way to Rust. */
function nodeAndNpmOnly(folder: string): string {
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

function must(command: string, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): string {
  const result = spawnSync(command, args, { ...options, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${[command, ...args].join(" ")} failed (${result.status ?? result.signal ?? result.error?.message}):\n${result.stdout}\n${result.stderr}`,
  );
}
