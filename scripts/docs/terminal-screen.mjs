// As much of a terminal as the live view of `mynah train` needs: lines in colours, drawn over and over.

/**
 * A stretch of one line in one style.
 *
 * @typedef {object} Run
 * @property {number} column from 0
 * @property {string} text
 * @property {string} style words of `bold`, `dim`, `accent`, `good`
 */

/** Which codes of SGR (ECMA-48, 8.3.117) begin and end what `ts/src/cli/view/colours.ts` paints with. */
const BEGINS = new Map([
  [1, "bold"],
  [2, "dim"],
  [36, "accent"],
  [32, "good"],
]);
const ENDS = new Map([
  [22, ["bold", "dim"]],
  [39, ["accent", "good"]],
]);

const TOKEN = /\u001b\[(\??[\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]/gu;

export class TerminalScreen {
  /** @type {{ symbol: string, style: string }[][]} */
  #lines = [[]];
  #row = 0;
  #column = 0;
  /** @type {Set<string>} */
  #style = new Set();
  #columns;

  /** @param {number} columns after which a line goes on in the next one */
  constructor(columns) {
    this.#columns = columns;
  }

  /**
   * Takes what a program wrote; escape sequences must be whole.
   *
   * @param {string} output
   */
  write(output) {
    for (const [token, parameters = "", command] of output.matchAll(TOKEN)) {
      if (command !== undefined) this.#obey(command, parameters);
      else if (token === "\r") this.#column = 0;
      else if (token === "\n") this.#toNextLine();
      else this.#put(token);
    }
  }

  /** @returns {Run[][]} the lines from the first to the last */
  get lines() {
    return this.#lines.map((cells) => {
      /** @type {Run[]} */
      const runs = [];
      for (const [column, { symbol, style }] of cells.entries()) {
        const last = runs.at(-1);
        if (last?.style === style) last.text += symbol;
        else runs.push({ column, text: symbol, style });
      }
      return runs;
    });
  }

  #toNextLine() {
    this.#lines[++this.#row] ??= [];
  }

  /** @param {string} symbol */
  #put(symbol) {
    if (this.#column === this.#columns) {
      this.#toNextLine();
      this.#column = 0;
    }
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push({ symbol: " ", style: "" });
    line[this.#column++] = { symbol, style: [...this.#style].join(" ") };
  }

  /**
   * @param {string} command
   * @param {string} parameters
   */
  #obey(command, parameters) {
    if (command === "A") this.#row = Math.max(0, this.#row - Number(parameters || 1));
    else if (command === "K") this.#lines[this.#row]?.splice(this.#column);
    else if (command === "J") this.#lines.splice(this.#row + (this.#column > 0 ? 1 : 0), Infinity, []);
    else if (command === "m") {
      for (const code of parameters.split(";").map(Number)) {
        const begun = BEGINS.get(code);
        if (begun !== undefined) this.#style.add(begun);
        for (const ended of ENDS.get(code) ?? []) this.#style.delete(ended);
        if (code === 0) this.#style.clear();
      }
    }
    // h and l hide the cursor and hold the picture still: nothing that is seen in one.
  }
}
