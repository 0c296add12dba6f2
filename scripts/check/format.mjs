// Formats everything, and lets the linter fix what it can.
import { mustRun } from "../lib/run.mjs";
import { checkRust } from "../setup/rust.mjs";
import { installNpmPackages } from "../setup/npm-packages.mjs";
import { oxlint, prettier } from "./programs.mjs";

export async function main() {
  checkRust();
  await installNpmPackages();
  await mustRun("rustfmt", "cargo", ["fmt", "--all"]);
  await mustRun("oxlint", process.execPath, [...oxlint, "--fix"]);
  await mustRun("prettier", process.execPath, [...prettier, "--write"]);
  return 0;
}
