// Rows of bundlers and of frameworks that are built with them.
import fs from "node:fs";
import assert from "node:assert/strict";
import { inProject } from "./matrix.mjs";
import { judged, resultOf, resultOfFolder, whileServing } from "./page.mjs";

/**
 * A row that is built into dist/ and opened.
 *
 * @param {string} template
 * @param {readonly string[]} tools
 * @param {(project: import("./matrix.mjs").MatrixProject) => unknown} build
 */
const built =
  (template, tools, build) =>
  /** @param {import("./matrix.mjs").Matrix} matrix */
  (matrix) =>
    inProject(matrix, template, tools, async (project) => {
      build(project);
      return judged(await resultOfFolder(await matrix.browser(), project.in("dist")));
    });

/**
 * The page beside what a bundler has made that does not know pages.
 *
 * @param {import("./matrix.mjs").MatrixProject} project
 */
function withPage(project) {
  fs.copyFileSync(project.in("index.html"), project.in("dist", "index.html"));
}

const dinosaurs = "node_modules/mynah/dist/corpora/dinosaurs.txt";

/** @type {import("./rows.mjs").Row[]} */
export const bundlers = [
  {
    name: "vite-dev",
    what: "Vite, development server, without configuration",
    tools: ["vite"],
    kind: "page",
    isQuick: true,
    run: (matrix) =>
      inProject(matrix, "page", ["vite"], async (project) => {
        const browser = await matrix.browser();
        const command = project.commandOf("vite", ["--host", "127.0.0.1", "--port", "0"]);
        return whileServing(project, command, async (url) => judged(await resultOf(browser, url)));
      }),
  },
  {
    name: "vite-build",
    what: "Vite, build, without configuration",
    tools: ["vite"],
    kind: "page",
    isQuick: true,
    run: built("page", ["vite"], (project) => project.tool("vite", ["build", "--logLevel", "warn"])),
  },
  {
    name: "webpack",
    what: "webpack, without configuration",
    tools: ["webpack", "webpack-cli"],
    kind: "page",
    run: built("page", ["webpack", "webpack-cli"], (project) => {
      project.tool("webpack-cli", ["--mode", "production", "--entry", "./main.js"]);
      const page = fs.readFileSync(project.in("index.html"), "utf8");
      fs.writeFileSync(project.in("dist", "index.html"), page.replace('type="module"', "defer"));
    }),
  },
  {
    name: "parcel",
    what: "Parcel, without configuration",
    tools: ["parcel"],
    kind: "page",
    run: built("page", ["parcel"], (project) =>
      project.tool("parcel", ["build", "index.html", "--no-cache"]),
    ),
  },
  {
    name: "rollup",
    what: "Rollup, `mynah/slim`",
    tools: ["rollup", "@rollup/plugin-node-resolve"],
    kind: "page",
    isQuick: true,
    run: built("rollup", ["rollup", "@rollup/plugin-node-resolve"], (project) => {
      project.tool("rollup", ["--config", "--silent"]);
      fs.copyFileSync(project.in(dinosaurs), project.in("dist", "dinosaurs.txt"));
      withPage(project);
    }),
  },
  {
    name: "esbuild",
    what: "esbuild, `mynah/slim`",
    tools: ["esbuild"],
    kind: "page",
    isQuick: true,
    run: built("esbuild", ["esbuild"], (project) => {
      const entries = ["main.js", "mynah-worker=mynah/worker"];
      const how = ["--bundle", "--format=esm", "--loader:.wasm=file", "--outdir=dist", "--log-level=warning"];
      project.tool("esbuild", [...entries, ...how]);
      fs.copyFileSync(project.in(dinosaurs), project.in("dist", "dinosaurs.txt"));
      withPage(project);
    }),
  },
  {
    name: "react",
    what: "a React component (Vite)",
    tools: ["react", "@vitejs/plugin-react"],
    kind: "page",
    run: built("react", ["react", "react-dom", "vite", "@vitejs/plugin-react"], (project) =>
      project.tool("vite", ["build", "--logLevel", "warn"]),
    ),
  },
  {
    name: "svelte",
    what: "a Svelte component (Vite)",
    tools: ["svelte", "@sveltejs/vite-plugin-svelte"],
    kind: "page",
    run: built("svelte", ["svelte", "vite", "@sveltejs/vite-plugin-svelte"], (project) =>
      project.tool("vite", ["build", "--logLevel", "warn"]),
    ),
  },
  {
    name: "server-rendering",
    what: "rendering on the server (React's, with Vite)",
    tools: ["react-dom"],
    kind: "other",
    run: (matrix) =>
      inProject(matrix, "react", ["react", "react-dom", "vite", "@vitejs/plugin-react"], (project) => {
        project.tool("vite", ["build", "--ssr", "server.jsx", "--outDir", "server", "--logLevel", "warn"]);
        // That the process ends shows that no worker was started.
        assert.equal(project.run("node", ["server/server.js"]).trim(), '<p id="state">idle</p>');
        return "rendered, nothing started";
      }),
  },
  {
    name: "next",
    what: "Next.js, rendered on the server, then a page",
    tools: ["next"],
    kind: "page",
    run: (matrix) =>
      inProject(matrix, "next", ["next", "react", "react-dom"], async (project) => {
        project.env["NEXT_TELEMETRY_DISABLED"] = "1";
        project.tool("next", ["build"]);
        const page = fs.readFileSync(project.in(".next", "server", "app", "index.html"), "utf8");
        assert.match(page, /<p id="state">idle<\/p>/);
        const browser = await matrix.browser();
        const command = project.commandOf("next", ["start", "--hostname", "127.0.0.1", "--port", "0"]);
        return whileServing(project, command, async (url) => judged(await resultOf(browser, url)));
      }),
  },
];
