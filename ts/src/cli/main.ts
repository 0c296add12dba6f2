#!/usr/bin/env node
// The command `mynah`.
import { readFileSync } from "node:fs";
import { explainFailure } from "./exit.js";
import { watchForClosedPipes, writeNote } from "./output.js";
import { makeProgram } from "./program.js";

// The path is that of the bundle, dist/cli.js.
const packageJson: { version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

// For what commander prints, and commands that say nothing else.
watchForClosedPipes((status) => process.exit(status));
try {
  const program = makeProgram(packageJson.version, (status) => {
    process.exitCode = status;
  });
  await program.parseAsync();
} catch (error) {
  const { status, sentence } = explainFailure(error);
  if (sentence !== "") writeNote(`mynah: ${sentence}`);
  process.exitCode = status;
}
