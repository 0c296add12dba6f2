import { coloursFor } from "./colours.js";
import { wrap } from "./text-layout.js";
import { writeOut } from "../output.js";

// As wide as a line that reads well.
const PAGE_COLUMNS = 84;

/** A page of text that the model wrote, for people. */
export function writePage(text: string): void {
  // Some terminals say that they have 0.
  const columns = Math.min(PAGE_COLUMNS, process.stdout.columns || PAGE_COLUMNS);
  const lines = wrap(text, columns - 4);
  writeOut(`\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n`);
}

/** Commands to go on with. */
export function writeNextCommands(commands: readonly string[]): void {
  const { bold, accent } = coloursFor(process.stdout);
  writeOut(`\n${bold("Try next:")}\n${commands.map((command) => `  ${accent(command)}\n`).join("")}`);
}
