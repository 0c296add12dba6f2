// The documentation as a site: the pages of docs/, a reference of the API made from the types' comments, and rustdoc.
import fs from "node:fs";
import path from "node:path";
import { build } from "../build/main.mjs";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { mustRun, run } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { setup } from "../setup/main.mjs";
import { writeFigures } from "./figures.mjs";
import { copyPages, sourceDir, watchPages } from "./pages.mjs";
import { installSitePackages, site } from "./site-packages.mjs";
import { writeTerminal } from "./terminal.mjs";

const outDir = path.join(buildDir, "site", "out");
const program = (/** @type {string[]} */ ...parts) => path.join(site, "node_modules", ...parts);

/** @param {string[]} args `--serve`, `--figures`, `--terminal`; none: the site is built */
export async function main(args) {
  const unknown = args.filter((arg) => !["--serve", "--figures", "--terminal"].includes(arg));
  if (unknown.length > 0) {
    throw new Stop(
      `There is no ${unknown.join(" ")}: --serve, --figures and --terminal are what there is.`,
      2,
    );
  }
  if (args.includes("--figures")) writeFigures();
  if (args.includes("--terminal")) await writeTerminal();
  if (args.includes("--serve")) return serve();
  if (args.length === 0) await buildSite();
  return 0;
}

async function prepare() {
  const ready = await setup();
  await build(ready, { sizes: false });
  await installSitePackages();
  fs.rmSync(sourceDir, { recursive: true, force: true });
  copyPages();
  await step({ title: "reference of the API", work: writeReference });
  return ready;
}

async function buildSite() {
  const { env } = await prepare();
  await mustRun("the site", process.execPath, [program("vitepress", "bin", "vitepress.js"), "build", site]);
  await step({ title: "rustdoc", expect: "half a minute", work: () => copyRustdoc(env) });
  const folder = path.relative(inRoot(), outDir);
  // Its pages name their styles from the root of a server.
  console.log(`✓ the site: ${folder}, for a web server; npm run docs -- --serve shows it here`);
}

async function serve() {
  await prepare();
  watchPages();
  const args = ["dev", site, "--host", "127.0.0.1", "--port", "5173"];
  const { code } = await run(process.execPath, [program("vitepress", "bin", "vitepress.js"), ...args]);
  return code;
}

/** What the package's declarations say of themselves, as pages. typedoc brings a TypeScript that still has a JavaScript API. */
async function writeReference() {
  await mustRun("typedoc", process.execPath, [program("typedoc", "bin", "typedoc"), "--options", site], {
    cwd: site,
    output: "hide",
  });
}

/** @param {NodeJS.ProcessEnv} env */
async function copyRustdoc(env) {
  await mustRun("rustdoc", "cargo", ["doc", "--quiet", "--workspace", "--no-deps"], { env });
  fs.cpSync(inRoot("target", "doc"), path.join(outDir, "rust"), { recursive: true });
}
