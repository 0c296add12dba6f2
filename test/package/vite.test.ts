// The packed package in an empty project that Vite builds, in Chromium.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, whyNoChromium } from "../support/chromium.js";
import { root, temporaryFolder } from "../support/places.js";
import { serve } from "../../scripts/lib/static-server.mjs";
import { pack, Project } from "./packed.js";

/** Vite itself is the repository's; the project sees it as a program and nothing more. */
const vite = path.join(root, "node_modules", "vite", "bin", "vite.js");

describe.skipIf(whyNoChromium !== undefined)("in a Vite project", () => {
  const { folder, remove } = temporaryFolder("tarball");
  let project: Project;
  let browser: Browser;

  beforeAll(async () => {
    project = new Project("vite-project", pack(folder).tarball);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    project?.[Symbol.dispose]();
    remove();
  });

  /** Opens the page and waits until main.js has trained and written. */
  async function visit(url: string) {
    const page = await browser.newPage();
    try {
      await page.goto(url);
      const output = page.locator("output[data-result]");
      await output.waitFor({ state: "attached", timeout: 120_000 });
      return JSON.parse((await output.getAttribute("data-result")) ?? "") as {
        build: string;
        worker: boolean;
        names: string;
        error?: string;
      };
    } finally {
      await page.close();
    }
  }

  it("trains from what `vite build` makes", async () => {
    project.run("node", [vite, "build", "--logLevel", "warn"]);
    const built = path.join(project.folder, "dist");
    const names = fs.readdirSync(path.join(built, "assets")).join(" ");
    for (const asset of [
      /mynah_simd128-.*\.wasm/,
      /mynah_relaxed-.*\.wasm/,
      /worker-.*\.js/,
      /dinosaurs-.*\.txt/,
    ]) {
      expect(names).toMatch(asset);
    }
    await using server = await serve({ "/": built });
    const result = await visit(`${server.url}/`);
    expect(result).toMatchObject({ build: "relaxed", worker: true });
    expect([...result.names]).toHaveLength(60);
  });

  it("trains from Vite's development server", async () => {
    const child = spawn("node", [vite, "--host", "127.0.0.1", "--port", "0"], {
      cwd: project.folder,
      env: project.env,
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let said = "";
        child.stdout.on("data", (data) => {
          said += String(data);
          const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said.replaceAll(/\u001b\[\d*m/g, ""));
          if (found !== null) resolve(found[0]);
        });
        child.once("close", () => reject(new Error(`vite ended: ${said}`)));
      });
      expect(await visit(url)).toMatchObject({ build: "relaxed", worker: true });
    } finally {
      child.kill();
    }
  });
});
