// No file names a folder of somebody's machine or the registry (or mirror) that somebody's packages came from.
import fs from "node:fs";
import { inRoot } from "../lib/paths.mjs";
import { repositoryFiles } from "./files.mjs";

/** This file has to spell them. */
const OWN_NAME = "scripts/check/foreign-places.mjs";

const PLACES = [
  { what: "a home folder", pattern: /(?<![\w.-])\/(?:root|home\/\w+|Users\/\w+)\// },
  { what: "a folder of one machine", pattern: /(?<![\w.-])\/(?:work|workspace|mnt|builds)\// },
  { what: "a Windows folder", pattern: /\b[A-Z]:\\\\?(?:Users|Documents)\b/ },
  {
    what: "a package registry",
    pattern: /https?:\/\/[\w.-]*(?:npmjs|yarnpkg|pypi|pythonhosted|crates\.io|debian)[\w.-]*\//,
  },
];

/** Lock files: no address of a download at all, other than the one by which every Cargo.lock names its registry. */
const LOCKS = {
  "package-lock.json": /"resolved": "https?:/,
  "Cargo.lock": /registry\+(?!https:\/\/github\.com\/rust-lang\/crates\.io-index)/,
};

/** @returns {string[]} one line for each find */
export function findForeignPlaces() {
  return repositoryFiles()
    .filter((name) => name !== OWN_NAME)
    .flatMap((name) => {
      const bytes = fs.readFileSync(inRoot(name));
      if (bytes.includes(0)) return []; // not text
      const lock = name in LOCKS ? LOCKS[/** @type {keyof typeof LOCKS} */ (name)] : undefined;
      const places = lock === undefined ? PLACES : [...PLACES, { what: "a download address", pattern: lock }];
      return findIn(name, bytes.toString("utf8"), places);
    });
}

/**
 * @param {string} name
 * @param {string} text
 * @param {{ what: string, pattern: RegExp }[]} places
 */
function findIn(name, text, places) {
  return text.split("\n").flatMap((line, index) =>
    places
      .map(({ what, pattern }) => ({ what, found: pattern.exec(line)?.[0] }))
      .filter(({ found }) => found !== undefined)
      .map(({ what, found }) => `${name}:${index + 1}: names ${what}: ${found}`),
  );
}
