import { coloursFor } from "./colours.js";
import { wrap } from "./text-layout.js";
import { writeOut } from "../output.js";

// As wide as a line that reads well.
const PAGE_COLUMNS = 84;

/** A page of text that the model wrote, for people. */
export function writePage(text: string): void {
  const { columns = PAGE_COLUMNS } = process.stdout;
  const lines = wrap(text, Math.min(PAGE_COLUMNS, columns) - 4);
  writeOut(`\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n`);
}

/** Commands to go on with. */
export function writeNextCommands(commands: readonly string[]): void {
  const { bold, accent } = coloursFor(process.stdout);
  writeOut(`\n${bold("Try next:")}\n${commands.map((command) => `  ${accent(command)}\n`).join("")}`);
}
