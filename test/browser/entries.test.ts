// The entries of the package in Chromium: each where it is for, and mynah where no worker may be started.
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, whyNoChromium } from "../support/chromium.js";
import { dist } from "../support/places.js";
import { serve } from "../../scripts/lib/static-server.mjs";
import type { InEntryPage } from "./entries/page.js";
import type { PlaceOptions } from "mynah";
import type { Places } from "mynah/slim";

declare global {
  // What page.js puts there; the functions given to page.evaluate run in the page.
  var inEntryPage: InEntryPage;
}

const mounts = { "/": path.join(import.meta.dirname, "entries"), "/dist/": dist } as const;
const STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const done = { build: "relaxed", steps: 5, written: 30 };

describe.skipIf(whyNoChromium !== undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Opens a page served with these headers, and notes what is said on its console. */
  async function visit<Value>(
    headers: Record<string, string>,
    work: (page: Page, url: string, said: string[]) => Promise<Value>,
  ): Promise<Value> {
    await using server = await serve(mounts, headers);
    const page = await browser.newPage();
    try {
      const said: string[] = [];
      page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => said.push(`error: ${error.message}`));
      await page.goto(server.url);
      await page.waitForFunction(() => "inEntryPage" in globalThis);
      return await work(page, server.url, said);
    } finally {
      await page.close();
    }
  }

  /** Imports a module of the package, from wherever, and trains. */
  const trainWith = (page: Page, module: string, place: PlaceOptions = {}) =>
    page.evaluate(([url, where]) => inEntryPage.trainWith(url, where), [module, place] as const);

  describe("mynah/slim", () => {
    const configure = (page: Page, places: Places) =>
      page.evaluate((given) => inEntryPage.configure(given), places);
    const slim = "/dist/browser/slim.js";
    const wasm = { simd128: "/dist/wasm/mynah_simd128.wasm", relaxed: "/dist/wasm/mynah_relaxed.wasm" };
    const places = {
      wasm,
      worker: "/dist/browser/worker.js",
      corpora: { dinosaurs: "/dist/corpora/dinosaurs.txt" },
    };

    it("runs under a policy that allows a page next to nothing", async () => {
      await visit({ "Content-Security-Policy": STRICT }, async (page, url, said) => {
        await configure(page, places);
        expect(await trainWith(page, url + slim)).toEqual({ ...done, hasWorker: true });
        expect(said).toEqual([]);
      });
    });

    it("takes the build that there is", async () => {
      await visit({}, async (page, url) => {
        await configure(page, { ...places, wasm: { simd128: wasm.simd128 } });
        expect(await trainWith(page, url + slim)).toMatchObject({ build: "simd128", hasWorker: true });
      });
    });

    it("works in its own thread where the worker's script is not there, and says so", async () => {
      await visit({}, async (page, url, said) => {
        const asked: string[] = [];
        page.on("request", (request) => asked.push(new URL(request.url()).pathname));
        await configure(page, { ...places, worker: "/nowhere.js" });
        expect(await trainWith(page, url + slim)).toEqual({ ...done, hasWorker: false });
        expect(await trainWith(page, url + slim)).toEqual({ ...done, hasWorker: false });
        expect(asked.filter((name) => name === "/nowhere.js")).toHaveLength(1);
        const warnings = said.filter((line) => line.startsWith("warning: mynah"));
        expect(warnings).toEqual([expect.stringContaining("its script cannot be loaded")]);
        const refused = trainWith(page, url + slim, { worker: true });
        await expect(refused, "who insists has it tried again").rejects.toThrow(
          "its script cannot be loaded",
        );
        await configure(page, places);
        expect(await trainWith(page, url + slim)).toEqual({ ...done, hasWorker: true });
      });
    });

    it("works in its own thread where it knows of no worker, and says what it has not been told", async () => {
      await visit({}, async (page, url, said) => {
        await expect(trainWith(page, url + slim)).rejects.toThrow(
          "Nobody has said where the corpus dinosaurs is",
        );
        await configure(page, { corpora: places.corpora });
        await expect(trainWith(page, url + slim)).rejects.toThrow("call configure({ wasm: { simd128:");
        await configure(page, { wasm });
        expect(await trainWith(page, url + slim)).toEqual({ ...done, hasWorker: false });
        await expect(trainWith(page, url + slim, { worker: true })).rejects.toThrow("There is no worker");
        expect(said).toEqual([]);
      });
    });
  });

  describe("mynah/core", () => {
    it("works in somebody's own worker", async () => {
      await visit({}, async (page, _url, said) => {
        const result = await page.evaluate(
          () =>
            new Promise((resolve, reject) => {
              const worker = new Worker("/own-worker.js", { type: "module" });
              worker.addEventListener("message", ({ data }) => resolve(data));
              worker.addEventListener("error", ({ message }) => reject(new Error(message)));
            }),
        );
        expect(result).toEqual({ ...done, hasWorker: false });
        expect(said).toEqual([]);
      });
    });

    it("works in a service worker", async () => {
      await visit({}, async (page) => {
        const result = await page.evaluate(async () => {
          const { serviceWorker } = navigator;
          await serviceWorker.register("/service-worker.js", { type: "module" });
          const { active } = await serviceWorker.ready;
          const answer = new Promise((resolve) => {
            serviceWorker.addEventListener("message", ({ data }) => resolve(data), { once: true });
          });
          active?.postMessage("train", []);
          serviceWorker.startMessages();
          return answer;
        });
        expect(result).toEqual({ ...done, hasWorker: false });
      });
    });
  });

  describe("mynah from another origin", () => {
    const entry = "/dist/browser/index.js";

    it("has its worker all the same", async () => {
      await using cdn = await serve(mounts, { "Access-Control-Allow-Origin": "*" });
      await visit({}, async (page, _url, said) => {
        const made = await page.evaluateHandle(() => {
          const urls: string[] = [];
          const create = URL.createObjectURL;
          URL.createObjectURL = (blob) => {
            urls.push(create(blob));
            return urls.at(-1) ?? "";
          };
          return urls;
        });
        expect(await trainWith(page, cdn.url + entry)).toEqual({ ...done, hasWorker: true });
        expect(await trainWith(page, cdn.url + entry)).toEqual({ ...done, hasWorker: true });
        expect(said).toEqual([]);
        expect(await made.jsonValue(), "one, whatever the number of workers").toHaveLength(1);
      });
    });

    it("works in slices in the page where that forbids such workers, says so once, and may be told not to", async () => {
      await using cdn = await serve(mounts, { "Access-Control-Allow-Origin": "*" });
      const policy = `script-src 'self' ${cdn.url} 'wasm-unsafe-eval'; worker-src 'self'`;
      await visit({ "Content-Security-Policy": policy }, async (page, _url, said) => {
        expect(await trainWith(page, cdn.url + entry)).toEqual({ ...done, hasWorker: false });
        expect(await trainWith(page, cdn.url + entry)).toEqual({ ...done, hasWorker: false });
        const runs = page.evaluate((url) => inEntryPage.runsCopied(url), cdn.url + entry);
        expect(await runs).toBe(1);
        const warnings = said.filter((line) => line.startsWith("warning: mynah"));
        expect(warnings).toEqual([expect.stringContaining("no worker can be started")]);
        const refused = trainWith(page, cdn.url + entry, { worker: true });
        await expect(refused).rejects.toThrow(/could be started|died/);
      });
    });
  });
});
