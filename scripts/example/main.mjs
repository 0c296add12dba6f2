// One of the programs of ts/examples: a page is served on this machine, a program for Node is run.
import { build } from "../build/main.mjs";
import { leaveSignalsAlone } from "../lib/cleanup.mjs";
import { runInForeground } from "../lib/foreground.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { Stop } from "../lib/stop.mjs";
import { setup } from "../setup/main.mjs";
import { servePages } from "./page-server.mjs";
import { programs } from "./programs.mjs";

/** @param {string[]} args the name of a program, and what that is given; none: the programs are listed */
export async function main([name, ...rest]) {
  if (name === undefined) {
    console.log(`${list()}\n\nRun one with \`npm run example -- NAME\`.`);
    return 0;
  }
  const program = programs().find((it) => it.name === name);
  if (program === undefined) throw new Stop(`There is no example ${name}. There are:\n\n${list()}`, 2);
  if (program.isPage && rest.length > 0) {
    throw new Stop(`The example ${name} is a page, and takes nothing else: ${rest.join(" ")}`, 2);
  }
  if (!program.isPage) {
    // Standard output is the program's own, to the last line of a tool that the build calls.
    const args = [inRoot("scripts", "build.mjs"), "--no-sizes"];
    const { code } = await run(process.execPath, args, { output: "aside" });
    return code === 0 ? runInForeground([program.file, ...rest]) : code;
  }
  await build(await setup(), { sizes: false });
  // Ctrl-C is how this ends, and interrupts nothing.
  leaveSignalsAlone();
  const { url } = await servePages({ port: 5173 });
  console.log(
    `\nOpen ${url}${name}/ in a browser. Ctrl-C ends this; a change of the program is shown at once.`,
  );
  return 0;
}

function list() {
  const width = Math.max(...programs().map(({ name }) => name.length));
  return programs()
    .map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`)
    .join("\n");
}
