// Rows of pages without a bundler, or with conditions of their own.
import fs from "node:fs";
import path from "node:path";
import { launchWithExtension } from "../../bench/lib/chromium.mjs";
import { serve } from "../../scripts/lib/static-server.mjs";
import { inProject } from "./matrix.mjs";
import { judged, resultIn, resultOfFolder } from "./page.mjs";
import { findChromium } from "../../scripts/setup/chromium.mjs";

const chromium = () => (findChromium().version ?? "Chromium").split(" built")[0] ?? "";

/** That of an extension's page, and stricter. */
const STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** A phone of 2014. */
const SMALL = { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** For JavaScript 128 MB, for each WebAssembly memory as much (2,048 pages of 64 KiB). */
export const LOW_MEMORY = ["--max-old-space-size=128", "--wasm-max-mem-pages=2048"];

/**
 * The package's files in a folder of the page's own.
 *
 * @param {import("./matrix.mjs").MatrixProject} project
 */
function withCopy(project) {
  fs.cpSync(project.in("node_modules", "mynah", "dist"), project.in("mynah"), { recursive: true });
}

/** @type {import("./rows.mjs").Row[]} */
export const pages = [
  {
    name: "elsewhere",
    what: 'a plain `<script type="module">`, the package from another origin',
    kind: "page",
    isQuick: true,
    version: chromium,
    run: (matrix) =>
      inProject(matrix, "elsewhere", [], async (project) => {
        const allowed = { "Access-Control-Allow-Origin": "*" };
        const cdn = await serve({ "/mynah/": project.in("node_modules", "mynah") }, allowed);
        try {
          const query = `?cdn=${cdn.url}`;
          return judged(await resultOfFolder(await matrix.browser(), project.folder, { query }));
        } finally {
          await cdn.close();
        }
      }),
  },
  {
    name: "strict",
    what: "a page with the policy of an extension's, and stricter, `mynah/slim`",
    kind: "page",
    isQuick: true,
    version: chromium,
    run: (matrix) =>
      inProject(matrix, "strict", [], async (project) => {
        withCopy(project);
        const headers = { "Content-Security-Policy": STRICT };
        return judged(await resultOfFolder(await matrix.browser(), project.folder, { headers }));
      }),
  },
  {
    name: "extension",
    what: "a page of a browser extension (Manifest V3), `mynah/slim`",
    kind: "page",
    version: chromium,
    run: (matrix) =>
      inProject(matrix, "strict", [], async (project) => {
        withCopy(project);
        const context = await launchWithExtension(project.folder, path.join(project.folder, "..", "profile"));
        try {
          const background = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
          return judged(await resultIn(context, new URL("index.html", background.url()).href));
        } finally {
          await context.close();
        }
      }),
  },
  {
    name: "service-worker",
    what: "a classic service worker (esbuild), `mynah/core`",
    tools: ["esbuild"],
    kind: "page",
    isQuick: true,
    run: (matrix) =>
      inProject(matrix, "service-worker", ["esbuild"], async (project) => {
        const how = ["--bundle", "--loader:.wasm=file", "--outdir=dist", "--log-level=error"];
        project.tool("esbuild", ["service-worker.js", ...how]);
        for (const name of ["index.html", "main.js"]) {
          fs.copyFileSync(project.in(name), project.in("dist", name));
        }
        const result = await resultOfFolder(await matrix.browser(), project.in("dist"));
        return judged(result, { hasWorker: false, build: "simd128" });
      }),
  },
  {
    name: "small",
    what: "a small screen (320 × 568) with 128 MB for each heap and each WebAssembly memory",
    kind: "page",
    version: chromium,
    run: (matrix) =>
      inProject(matrix, "strict", [], async (project) => {
        withCopy(project);
        const browser = await matrix.browser(LOW_MEMORY.join(" "));
        try {
          return judged(await resultOfFolder(browser, project.folder, { context: SMALL }));
        } finally {
          await browser.close();
        }
      }),
  },
];
