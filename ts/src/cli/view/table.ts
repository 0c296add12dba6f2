import { coloursFor } from "./colours.js";
import { pad, widthOf } from "./text-layout.js";
import { writeOut } from "../output.js";

/** Writes names and values below each other, for people, to stdout. A value of several lines stays in its column. */
export function writeTable(rows: readonly (readonly [name: string, value: string])[]): void {
  const { dim } = coloursFor(process.stdout);
  const columns = Math.max(...rows.map(([name]) => widthOf(name)));
  for (const [name, value] of rows) {
    const [first = "", ...others] = value.split("\n");
    writeOut(`${dim(pad(name, columns))}  ${first}\n`);
    for (const other of others) writeOut(`${" ".repeat(columns)}  ${other}\n`);
  }
}
