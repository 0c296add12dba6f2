// What a page reads texts from, and how it keeps models, in Chromium: also when it is closed, when there is no room, and when it may not.
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { launchChromium, whyNoChromium } from "../support/chromium.js";
import { dist, temporaryFolder } from "../support/places.js";
import { serve, type StaticServer } from "../../scripts/lib/static-server.mjs";
import type { InPage } from "./page/page.js";

declare global {
  // What page.js puts there; the functions given to page.evaluate run in the page.
  var inPage: InPage;
}

const text = "the crow and the fox and the heron. ".repeat(60);
const create = { text, hiddenSize: 24, embeddingSize: 12, seed: 7, build: "simd128" } as const;
const train = { text, batchSize: 4, seqLength: 16, steps: 6000, dropout: 0.1, workers: 1 } as const;

/** A server whose answers break off after this many bytes of text, with the length of all of it said before or not; its URL. */
async function serveHalf(bytes: number): Promise<string> {
  const broken = http.createServer((request, response) => {
    const length = request.url === "/said" ? { "Content-Length": 2 * bytes } : {};
    response.writeHead(200, {
      "Content-Type": "text/plain",
      "Access-Control-Allow-Origin": "*",
      ...length,
    });
    response.write(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes), () =>
      setImmediate(() => response.destroy()),
    );
  });
  broken.listen(0, "127.0.0.1");
  await once(broken, "listening");
  onTestFinished(async () => {
    broken.closeAllConnections();
    await new Promise((resolve) => broken.close(resolve));
  });
  return `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
}

describe.skipIf(whyNoChromium !== undefined)("a page in Chromium", () => {
  let server: StaticServer;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    server = await serve({ "/": path.join(import.meta.dirname, "page"), "/dist/": dist });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  // What one test keeps no other finds.
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  async function openPage(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => "inPage" in globalThis);
    return page;
  }

  it("learns from files, URLs and streams what it learns from a string", async () => {
    const page = await openPage();
    const { text: _, ...created } = create;
    const { text: __, ...trained } = train;
    const hashes = await page.evaluate(
      (options) => inPage.learnFromEach("/dist/corpora/fables-zh.txt", options.created, options.trained),
      { created, trained: { ...trained, steps: 20 } },
    );
    expect(Object.keys(hashes)).toHaveLength(5);
    expect(new Set(Object.values(hashes)).size, JSON.stringify(hashes)).toBe(1);
  });

  it("is refused a path, and a URL that is not there", async () => {
    const page = await openPage();
    expect(await page.evaluate(() => inPage.codeOfCreating({ file: "notes.txt" }))).toBe("invalid-option");
    const missing = () => inPage.codeOfCreating(new URL("/missing.txt", location.href));
    expect(await page.evaluate(missing)).toBe("unreadable-source");
  });

  it.each(["said", "not-said"])(
    "is told that a URL breaks off, whose length is %s, by its name",
    async (name) => {
      const page = await openPage();
      const url = `${await serveHalf(500_000)}/${name}`;
      expect(await page.evaluate((given) => inPage.codeOfCreating(new URL(given)), url)).toBe(
        "unreadable-source",
      );
      const short = { ...train, steps: 5 };
      const refused = await page.evaluate(
        (given) => inPage.trainFromElsewhere(given.create, given.short, given.url),
        { create, short, url },
      );
      expect(refused).toEqual({ code: "unreadable-source", isNamed: true, isSame: true, steps: 5 });
    },
  );

  it("is refused to save itself on the disk", async () => {
    const page = await openPage();
    const saving = { ...train, autosave: { file: "notes.safetensors" } };
    const code = await page.evaluate((given) => inPage.codeOfTraining(given.create, given.train), {
      create,
      train: saving,
    });
    expect(code).toBe("invalid-option");
  });

  it("is told where a file that somebody chose was changed since", async () => {
    const page = await openPage();
    const { folder, remove } = temporaryFolder("chosen");
    try {
      const chosen = path.join(folder, "notes.txt");
      fs.writeFileSync(chosen, text);
      await page.evaluate(() => {
        document.body.append(Object.assign(document.createElement("input"), { type: "file" }));
      });
      await page.locator("input").setInputFiles(chosen);
      const codeOfChosen = () => page.evaluate(() => inPage.codeOfCreatingFromChosen());
      expect(await codeOfChosen()).toBeUndefined();
      fs.appendFileSync(chosen, "more");
      // Chromium looks at whole seconds.
      fs.utimesSync(chosen, new Date(0), new Date(0));
      expect(await codeOfChosen()).toBe("unreadable-source");
    } finally {
      remove();
    }
  });

  it("saves models under names, lists, loads, renames and removes them", async () => {
    const page = await openPage();
    const { listed, bytes, ...rest } = await page.evaluate((given) => inPage.keepModels(given), text);
    expect(listed).toEqual(
      ["a", "b"].map((name) => ({ name, bytes, isRecent: true, hasTrainingState: false })),
    );
    expect(rest).toEqual({
      isSame: true,
      codes: [
        "model-not-found",
        "model-not-found",
        "model-not-found",
        "model-exists",
        "model-not-found",
        "no-training-state",
      ],
      aborted: "enough",
      resumable: [false, false, true],
      left: ["c"],
      none: 0,
    });
  });

  it.each(["at once", "soon", "after a turn"] as const)(
    "gives up loading wherever it waits when it is aborted %s, and can load then",
    async (when) => {
      const page = await openPage();
      const { outcomes, last } = await page.evaluate(
        (given) => inPage.abortLoading(given.create, given.when),
        { create, when },
      );
      expect(last).toBe("done");
      // For the storage, and for the engine with the model.
      expect(outcomes.length).toBeGreaterThan(1);
      for (const outcome of outcomes) {
        expect(when === "at once" ? ["enough"] : ["enough", "done"]).toContain(outcome);
      }
    },
  );

  it("in a private window keeps models as long as the window is there, and leaves nothing", async () => {
    // The contexts that a test opens are off the record, as a private window is: nothing of them is on the disk.
    const page = await openPage();
    const kept = await page.evaluate((given) => inPage.saveUnder(given, "notes"), create);
    expect(kept).toMatchObject({ code: undefined, listed: [{ name: "notes" }] });
    const autosave = { name: "run", everySeconds: 0.01 };
    const saving = { ...train, steps: 50, autosave };
    const { codes, last } = await page.evaluate(
      (given) => inPage.trainAndCountSaves(given.create, given.saving),
      { create, saving },
    );
    expect(new Set([...codes, last])).toEqual(new Set([undefined]));
    const namesIn = async (tab: Page) => (await tab.evaluate(() => inPage.names())).toSorted();
    expect(await namesIn(await openPage()), "another tab of the window").toEqual(["notes", "run"]);
    await context.close();
    context = await browser.newContext();
    expect(await namesIn(await openPage()), "the next window").toEqual([]);
  });

  it("fetches what storage needs only when it is used", async () => {
    const page = await openPage();
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
    const short = { ...train, steps: 5 };
    await page.evaluate((given) => inPage.trainAndCountSaves(given.create, given.train), {
      create,
      train: short,
    });
    expect(fetched.filter((name) => name.includes("indexed-db"))).toEqual([]);
    await page.evaluate((given) => inPage.keepModels(given), text);
    expect(fetched.filter((name) => name.includes("indexed-db"))).toHaveLength(1);
  });

  it("that was closed while it trained goes on, in another, to the bytes of the unbroken run", async () => {
    const page = await openPage();
    const whole = await page.evaluate((given) => inPage.trainAndCountSaves(given.create, given.train), {
      create,
      train,
    });
    const autosave = { name: "notes", everySeconds: 0.01 };
    const closed = page
      .evaluate((given) => inPage.trainAndCountSaves(given.create, given.train), {
        create,
        train: { ...train, autosave },
      })
      .then(
        () => "it came to its end",
        () => "closed",
      );
    await page.waitForFunction(() => Number.parseInt(document.title, 10) >= 3);
    await page.close();
    expect(await closed).toBe("closed");
    const next = await openPage();
    const resumed = await next.evaluate((given) => inPage.resumeSaved("notes", given), text);
    expect(resumed.first).toBeGreaterThan(1);
    expect(resumed.hash).toBe(whole.hash);
  });

  it("keeps what it has when there is no room for more, and trains on", async () => {
    const page = await openPage();
    const session = await context.newCDPSession(page);
    const origin = new URL(server.url).origin;
    // Before the first save: Chromium looks again only after half a minute. One model has room in it, and four megabytes have not.
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000_000 });
    const kept = await page.evaluate((given) => inPage.saveUnder(given, "notes"), create);
    expect(kept).toMatchObject({ code: undefined, listed: [{ name: "notes" }] });
    const large = { ...create, hiddenSize: 512 };
    const full = await page.evaluate((given) => inPage.saveUnder(given, "notes"), large);
    expect(full).toEqual({ ...kept, code: "storage-full" });
    const saving = { ...train, autosave: { name: "notes", everySeconds: 0.01 } };
    const { codes } = await page.evaluate((given) => inPage.trainAndCountSaves(given.create, given.train), {
      create: large,
      train: { ...saving, steps: 5 },
    });
    expect(new Set(codes)).toEqual(new Set(["storage-full"]));
    const again = await page.evaluate((given) => inPage.saveUnder(given, "notes"), large);
    expect(again).toEqual({ ...kept, code: "storage-full" });
  });

  it("without storage trains all the same, and is told", async () => {
    await context.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
    const page = await openPage();
    const saving = { ...train, steps: 50, autosave: { name: "notes" } };
    const { codes, steps, last } = await page.evaluate(
      (given) => inPage.trainAndCountSaves(given.create, given.train),
      { create, train: saving },
    );
    expect({ steps, last }).toEqual({ steps: 50, last: "storage-unavailable" });
    expect(new Set(codes)).toEqual(new Set(["storage-unavailable"]));
    const { code } = await page.evaluate((given) => inPage.saveUnder(given, "notes"), create);
    expect(code).toBe("storage-unavailable");
  });

  it("that cannot fetch its WebAssembly, or its worker, is told what is missing, and where", async () => {
    const page = await openPage();
    const refused = async (files: string, how: "none" | "lost" | "HTML") => {
      await page.route(files, (route) => {
        if (how === "lost") return route.abort();
        if (how === "none") return route.fulfill({ status: 404 });
        return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
      });
      const { code, message } = await page.evaluate((options) => inPage.failureOfCreating(options), {
        ...create,
        worker: true,
      });
      await page.unroute(files);
      return `${code}: ${message}`;
    };
    const place = new RegExp(`${server.url}.*dist/wasm/mynah_simd128.wasm`);
    for (const how of ["none", "lost", "HTML"] as const) {
      const told = await refused("**/*.wasm", how);
      expect(told, how).toMatch(/^wasm-unavailable: /);
      expect(told, how).toMatch(place);
    }
    const told = await refused("**/worker.js", "none");
    expect(told).toMatch(/^worker-crashed: No worker could be started \(.*worker\.js beside http/);
    expect(told).not.toContain("model");
  });

  it("that cannot fetch the code of storage is told so", async () => {
    const page = await openPage();
    await page.route("**/indexed-db*", (route) => route.abort());
    const { code } = await page.evaluate((given) => inPage.saveUnder(given, "notes"), create);
    expect(code).toBe("storage-unavailable");
  });

  it("that may not use storage is told so", async () => {
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("The user denied permission", "SecurityError");
      };
    });
    const page = await openPage();
    const { code } = await page.evaluate((given) => inPage.saveUnder(given, "notes"), create);
    expect(code).toBe("storage-unavailable");
  });
});
