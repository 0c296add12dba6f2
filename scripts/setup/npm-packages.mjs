// node_modules, as package-lock.json says.
import fs from "node:fs";
import { withLock } from "../lib/lock.mjs";
import { inRoot } from "../lib/paths.mjs";
import { mustRun } from "../lib/run.mjs";
import { hashOf } from "../lib/stamp.mjs";
import { step } from "../lib/step.mjs";

/** Inside node_modules, so that it goes when somebody removes that folder, and so that `npm ci` takes it away first. */
const stamp = inRoot("node_modules", ".mynah-setup");

function wanted() {
  return hashOf([inRoot("package-lock.json")], [process.platform, process.arch]);
}

function isInstalled() {
  return fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted();
}

export function installNpmPackages() {
  const done = () => (isInstalled() ? "there" : undefined);
  if (done() !== undefined) return step({ title: "npm packages", done, work: async () => {} });
  return withLock(inRoot(".tools", "npm.lock"), "npm ci", () =>
    step({
      title: "npm packages",
      expect: "npm ci, about 20 s",
      done,
      work: async () => {
        await mustRun("npm ci", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        fs.writeFileSync(stamp, wanted());
      },
    }),
  );
}
