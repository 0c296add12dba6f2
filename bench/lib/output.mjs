// How a benchmark says what it has found: row by row, as a table for people or as JSON, and at the end into the document.
import { writeSection } from "./document.mjs";
import { tableHead, tableRow } from "./measure.mjs";

/**
 * @template Row
 * @param {object} options
 * @param {string} options.name of the benchmark, and of its marks in docs/performance.md
 * @param {string} options.circumstances
 * @param {string[]} options.head
 * @param {(row: Row) => (string | number)[]} options.cells of a row
 * @param {{ json: boolean, write: boolean }} options.flags
 */
export function output({ name, circumstances, head, cells, flags }) {
  const lines = [];
  const say = (line) => {
    lines.push(line);
    if (!flags.json) console.log(line);
  };
  say(`\`npm run bench -- ${name}\`: ${circumstances}.\n`);
  say(tableHead(head));
  return {
    /** @param {Row} row */
    row(row) {
      say(tableRow(cells(row)));
      if (flags.json) console.log(JSON.stringify({ bench: name, ...row }));
    },
    /** @param {string[]} [remarks] lines under the table */
    end(remarks = []) {
      for (const remark of remarks) say(`\n${remark}`);
      if (flags.write) writeSection(name, lines.join("\n"));
    },
  };
}
