// docs/terminal.svg: a real training as a terminal shows it. Needs `script` of util-linux, which gives a program a terminal.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "../build/main.mjs";
import { distDir, inRoot } from "../lib/paths.mjs";
import { ask } from "../lib/run.mjs";
import { Stop } from "../lib/stop.mjs";
import { setup } from "../setup/main.mjs";
import { TerminalScreen } from "./terminal-screen.mjs";
import { terminalSvg } from "./terminal-svg.mjs";

const COMMAND = "train --corpus fables";
const SIZE = { columns: 84, rows: 26 };
/** Pictures of the run: more say no more, and each takes 3 KB. */
const PICTURES = 12;

/** Records a run and draws it. */
export async function writeTerminal() {
  await build(await setup());
  const svg = draw(await record());
  fs.writeFileSync(inRoot("docs", "terminal.svg"), svg);
  console.log(`✓ docs/terminal.svg: ${Math.round(svg.length / 1024)} KiB`);
}

/** @returns {Promise<string>} all that the command writes on a terminal */
async function record() {
  if (ask("script", ["--version"]) === undefined) {
    throw new Stop("Recording a terminal needs the program `script` of util-linux.");
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mynah-terminal-"));
  try {
    const cli = path.join(distDir, "cli.js");
    const command = `stty cols ${SIZE.columns} rows ${SIZE.rows}; "${process.execPath}" "${cli}" ${COMMAND}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, TERM: "xterm-256color" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Stop(`mynah ${COMMAND} failed:\n${output}`);
    return output;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const BEGIN_UPDATE = "\u001b[?2026h";

/**
 * Some of the pictures in between, the earlier ones closer together, since most is learnt there; and the end.
 *
 * @param {string} output
 */
export function draw(output) {
  const [, ...updates] = output.split(BEGIN_UPDATE);
  // The first says that it is getting ready; the end comes with the last.
  const chosen = [...Array(PICTURES).keys()].map((i) =>
    Math.round(1 + (updates.length - 2) * (i / (PICTURES - 1)) ** 2),
  );
  const screen = new TerminalScreen(SIZE.columns);
  screen.write(`\u001b[1m$ npx mynah ${COMMAND}\u001b[22m\r\n`);
  const pictures = [];
  for (const [i, update] of updates.entries()) {
    const [live = "", after = ""] = update.split("\u001b[?25h");
    screen.write(live);
    if (chosen.includes(i)) pictures.push(screen.lines);
    if (after !== "") screen.write(after);
  }
  // In the end the top has moved out of a terminal of this size.
  const last = screen.lines.slice(-SIZE.rows);
  return terminalSvg(
    [...pictures, last],
    SIZE.columns,
    `mynah ${COMMAND} in a terminal, from noise to words`,
  );
}
