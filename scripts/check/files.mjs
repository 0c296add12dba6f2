// The files of the repository: those that git has and those that it would take.
import fs from "node:fs";
import { ask } from "../lib/run.mjs";
import { inRoot } from "../lib/paths.mjs";
import { Stop } from "../lib/stop.mjs";

/** @returns {string[]} paths from the root, with "/" */
export function repositoryFiles() {
  const list = ask("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  if (list === undefined)
    throw new Stop("`git ls-files` failed: this check needs git and a clone of the repository.");
  return [...new Set(list.split("\0"))].filter((name) => name !== "" && fs.existsSync(inRoot(name)));
}
