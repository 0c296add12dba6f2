// The licences of everything that the package carries inside it: npm packages in the bundles, Rust crates in the wasm.
import fs from "node:fs";
import path from "node:path";
import { cratesInWasm } from "./crates-in-wasm.mjs";

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX
 * @property {string} folder
 */

/**
 * @param {string[]} modules files that went into the bundles
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} the text of THIRD-PARTY-LICENSES.txt
 */
export async function thirdPartyLicences(modules, env) {
  const parts = [...byName(npmParts(modules)), ...byName(await cratesInWasm(env))];
  const rule = "-".repeat(80);
  const chapters = parts.map(
    (part) => `${rule}\n${part.name} ${part.version} (${part.licence})\n${rule}\n\n${licenceText(part)}\n`,
  );
  return [
    "mynah carries the following work of others inside it: npm packages bundled into its JavaScript, and Rust crates compiled",
    "into its WebAssembly (with the Rust standard library, MIT OR Apache-2.0, https://github.com/rust-lang/rust).",
    "",
    ...chapters,
  ].join("\n");
}

/** @param {string[]} modules */
function npmParts(modules) {
  /** @type {Map<string, Part>} */
  const parts = new Map();
  for (const module of modules) {
    const match = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(module.replace(/^\0/, ""));
    if (match === null || parts.has(match[0])) continue;
    const manifest = JSON.parse(fs.readFileSync(path.join(match[0], "package.json"), "utf8"));
    parts.set(match[0], {
      name: manifest.name,
      version: manifest.version,
      licence: manifest.license,
      folder: match[0],
    });
  }
  return [...parts.values()];
}

/** @param {Part[]} parts */
const byName = (parts) => parts.toSorted((a, b) => a.name.localeCompare(b.name, "en"));

/** @param {Part} part */
function licenceText(part) {
  const files = fs.readdirSync(part.folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  // Of "MIT OR Apache-2.0" we choose MIT, which is short and is our own licence.
  const mit = files.filter((name) => /mit/i.test(name));
  const chosen = /\bMIT\b/.test(part.licence) && mit.length > 0 ? mit : files;
  if (chosen.length === 0) return `(no licence file in the package; its manifest says ${part.licence})\n`;
  return chosen.map((name) => fs.readFileSync(path.join(part.folder, name), "utf8").trim()).join("\n\n");
}
