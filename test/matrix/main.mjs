// npm run test:matrix: the packed package tried with each bundler, framework and runtime, a row after the other; the table goes into
// docs/install.md where all of them were run. `-- NAME…` runs some, `-- --list` names them.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { writeSection } from "../../bench/lib/document.mjs";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { mustRun } from "../../scripts/lib/run.mjs";
import { step } from "../../scripts/lib/step.mjs";
import { duration } from "../../scripts/lib/text.mjs";
import { Matrix, NotRun, versionOf } from "./matrix.mjs";
import { NOT_RUN, rows } from "./rows.mjs";

const DOCUMENT = new URL("../../docs/install.md", import.meta.url);

/** @typedef {{ row: import("./rows.mjs").Row, mark: "✓" | "✗" | "–", words: string, version: string }} Outcome */

async function installTools() {
  const folder = import.meta.dirname;
  const stamp = path.join(folder, "node_modules", ".mynah-matrix");
  const lock = fs.readFileSync(path.join(folder, "package-lock.json"), "utf8");
  const wanted = createHash("sha256").update(lock).digest("hex");
  await step({
    title: "what the package is tried with",
    expect: "about 800 MB",
    done: () => (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted ? "there" : undefined),
    work: async () => {
      // Scripts of the packages would build or download what is not used here.
      await mustRun("npm ci", "npm", ["ci", "--ignore-scripts", "--loglevel=error"], { cwd: folder });
      fs.writeFileSync(stamp, wanted);
    },
  });
}

/**
 * @param {import("./rows.mjs").Row} row
 * @param {Matrix} matrix
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(row, matrix) {
  try {
    const version = row.version?.() ?? (row.tools ?? []).map(versionOf).join(", ");
    try {
      return { row, mark: "✓", words: await row.run(matrix), version };
    } catch (error) {
      if (error instanceof NotRun) throw error;
      console.error(error);
      return { row, mark: "✗", words: "fails", version };
    }
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    return { row, mark: "–", words: `not run: ${error.message}`, version: "" };
  }
}

/** @param {readonly Outcome[]} outcomes */
function table(outcomes) {
  const lines = outcomes.map(
    ({ row, mark, words, version }) => `| ${row.what} | ${version} | ${mark} ${words} |`,
  );
  const notRun = NOT_RUN.map(([what, why]) => `| ${what} | | – not run: ${why} |`);
  return ["| what | version | outcome |", "| --- | --- | --- |", ...lines, ...notRun].join("\n");
}

/** @param {string[]} names */
function chosen(names) {
  const wrong = names.find((name) => !rows.some((row) => row.name === name));
  if (wrong !== undefined)
    throw new Error(`There is no row ${wrong}: ${rows.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name));
}

const names = process.argv.slice(2);
if (names.includes("--list")) {
  for (const { name, what } of rows) console.log(`${name.padEnd(20)} ${what}`);
} else {
  await installTools();
  const matrix = new Matrix();
  const outcomes = [];
  try {
    for (const row of chosen(names)) {
      const begin = performance.now();
      const outcome = await outcomeOf(row, matrix);
      outcomes.push(outcome);
      console.log(`${outcome.mark} ${row.what}: ${outcome.words}, ${duration(performance.now() - begin)}`);
    }
  } finally {
    await matrix.close();
  }
  const count = (mark) => outcomes.filter((it) => it.mark === mark).length;
  console.log(`\n${count("✓")} passed, ${count("✗")} failed, ${count("–") + NOT_RUN.length} not run`);
  if (names.length === 0) {
    writeSection("matrix", table(outcomes), DOCUMENT);
    console.log(`The table is in ${path.relative(inRoot(), DOCUMENT.pathname)}.`);
  }
  if (count("✗") > 0) process.exitCode = 1;
}
