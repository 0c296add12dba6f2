// Which crates are compiled into the wasm module: those whose licences the package has to carry.
import path from "node:path";
import { mustRun } from "../lib/run.mjs";
import { wasmTarget } from "./wasm-builds.mjs";

/** @typedef {import("./licences.mjs").Part} Part */

/**
 * @typedef {object} CargoPackage as `cargo metadata` describes it
 * @property {string} id
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {string | null} source null: a crate of this workspace
 * @property {string} manifest_path
 * @property {{ kind: string[] }[]} targets
 */

/**
 * @typedef {object} CargoNode
 * @property {string} id
 * @property {{ pkg: string, dep_kinds: { kind: string | null }[] }[]} deps a kind of null is a plain dependency, neither of tests nor of the build
 */

/**
 * Every crate of others that mynah-wasm depends on when it is built for wasm.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Part[]>}
 */
export async function cratesInWasm(env) {
  const args = ["metadata", "--format-version", "1", "--locked", "--quiet", "--filter-platform", wasmTarget];
  const { output } = await mustRun("Listing the crates", "cargo", args, { env, output: "hide" });
  /** @type {{ packages: CargoPackage[], resolve: { nodes: CargoNode[] } }} */
  const { packages, resolve } = JSON.parse(output.slice(output.indexOf("{")));
  const needed = reachable(resolve.nodes, packages);
  return packages
    .filter((it) => needed.has(it.id) && it.source !== null)
    .map((it) => ({
      name: it.name,
      version: it.version,
      licence: it.license,
      folder: path.dirname(it.manifest_path),
    }));
}

/**
 * @param {CargoNode[]} nodes
 * @param {CargoPackage[]} packages
 * @returns {Set<string>} ids
 */
function reachable(nodes, packages) {
  const depsOf = new Map(nodes.map((node) => [node.id, node.deps]));
  // Procedural macros run inside the compiler and leave nothing of themselves in the module.
  const macros = new Set(
    packages
      .filter((it) => it.targets.some((target) => target.kind.includes("proc-macro")))
      .map((it) => it.id),
  );
  const seen = new Set();
  const waiting = packages.filter((it) => it.name === "mynah-wasm").map((it) => it.id);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id) || macros.has(id)) continue;
    seen.add(id);
    for (const { pkg, dep_kinds: kinds } of depsOf.get(id) ?? []) {
      if (kinds.some(({ kind }) => kind === null)) waiting.push(pkg);
    }
  }
  return seen;
}
