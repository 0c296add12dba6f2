// The built package in Chromium, in a page that imports it as it is.
import fs from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { launchChromium, whyNoChromium } from "../support/chromium.js";
import { HiddenPage, THROTTLING_OFF } from "../support/hidden-page.js";
import { dist } from "../support/places.js";
import { serve, type StaticServer } from "../../scripts/lib/static-server.mjs";
import type { InPage } from "./page/page.js";
import { runRecipe, type Recipe } from "./page/recipe.js";

declare global {
  // What page.js puts there; the functions given to page.evaluate run in the page.
  var inPage: InPage;
}

/** Longer than this a main thread must not be busy at a stretch (the Long Tasks API reports nothing shorter). */
const LONGEST_TASK_MS = 50;

const corpus = (name: string, length: number) =>
  fs.readFileSync(path.join(dist, "corpora", `${name}.txt`), "utf8").slice(0, length);

function recipe(
  create: Omit<Recipe["create"], "text" | "corpus" | "documents">,
  text = corpus("fables", 20_000),
  train: Omit<Recipe["train"], "text" | "corpus" | "documents"> = {},
): Recipe {
  return {
    create: { text, hiddenSize: 48, embeddingSize: 24, seed: 7, ...create },
    train: { text, steps: 60, batchSize: 8, seqLength: 32, ...train },
    sample: { prompt: text.slice(0, 5), length: 120, temperature: 0.9, seed: 11 },
    evaluate: text.slice(0, 2000),
  };
}

describe.skipIf(whyNoChromium !== undefined)("in Chromium", () => {
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await serve({ "/": path.join(import.meta.dirname, "page"), "/dist/": dist });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(server.url);
    await page.waitForFunction(() => "inPage" in globalThis);
  });
  afterEach(async () => {
    await page.close();
  });

  describe.each(["simd128", "relaxed"] as const)("the %s build", (build) => {
    it("trains in its worker, samples, evaluates, saves and loads", async () => {
      const result = await page.evaluate((wanted) => inPage.runRecipe(wanted), recipe({ build }));
      expect(result.build).toBe(build);
      expect(result.steps).toBe(60);
      // A model that has learnt nothing loses the logarithm of its vocabulary, about 4 nats per symbol.
      expect(result.loss).toBeGreaterThan(0.5);
      expect(result.loss).toBeLessThan(3);
      expect([...result.sample]).toHaveLength(120);
      expect(result.sampleOfLoaded).toBe(result.sample);
      expect(complaints).toEqual([]);
    });
  });

  it("chooses the relaxed build by itself, since Chromium has relaxed SIMD", async () => {
    expect((await page.evaluate((wanted) => inPage.runRecipe(wanted), recipe({}))).build).toBe("relaxed");
  });

  describe("the same seed gives the same bytes as in Node", () => {
    const chinese = corpus("fables-zh", 5000);
    const recipes: [string, Recipe][] = [
      ["a GRU", recipe({ build: "simd128", cell: "gru" })],
      ["a GRU, reset before", recipe({ build: "simd128", cell: "gru", resetAfter: false })],
      ["an LSTM of two layers", recipe({ build: "simd128", cell: "lstm", numLayers: 2 })],
      ["an RNN", recipe({ build: "simd128", cell: "rnn" })],
      ["an RNN with relu", recipe({ build: "simd128", cell: "rnn", activation: "relu" })],
      [
        "an LSTM with layer norm and residuals",
        recipe({ build: "simd128", cell: "lstm", layerNorm: true, numLayers: 3, residual: true }),
      ],
      ["minGRU", recipe({ build: "simd128", cell: "min-gru" })],
      [
        "blocks of minLSTM",
        recipe({ build: "simd128", cell: "min-lstm", block: true, embeddingSize: 48, numLayers: 2 }),
      ],
      [
        "a Transformer",
        recipe({ build: "simd128", cell: "transformer", embeddingSize: 48, numLayers: 2, numHeads: 4 }),
      ],
      [
        "a GRU with all that is random in training",
        recipe({ build: "simd128", zoneout: 0.1, trainInitialState: true }, undefined, {
          dropout: 0.2,
          weightDrop: 0.2,
          averageDecay: 0.9,
          schedule: "one-cycle",
        }),
      ],
      ["a GRU on Chinese text", recipe({ build: "simd128" }, chinese)],
      ["byte pairs", recipe({ build: "simd128", tokenizer: "bpe", vocabularySize: 400 })],
      ["bytes of Chinese", recipe({ build: "simd128", tokenizer: "bytes" }, chinese)],
      ["words in small letters", recipe({ build: "simd128", tokenizer: "words", caseFolding: true })],
      [
        "grapheme clusters in a form of Unicode",
        recipe({ build: "simd128", tokenizer: "graphemes", normalization: "NFKD" }, `${chinese}é👩‍👩‍👧`),
      ],
      ["a GRU without a worker", recipe({ build: "simd128", worker: false })],
      ["a GRU with three workers", recipe({ build: "simd128" }, undefined, { workers: 3 })],
      [
        "a GRU with a worker beside this thread",
        recipe({ build: "simd128", worker: false }, undefined, { workers: 2 }),
      ],
    ];

    it.each(recipes)("%s", async (_name, theRecipe) => {
      const { TextModel } = (await import(path.join(dist, "node", "index.js"))) as typeof import("mynah");
      const inNode = await runRecipe(TextModel, theRecipe);
      const inChromium = await page.evaluate((wanted) => inPage.runRecipe(wanted), theRecipe);
      expect(inChromium).toEqual(inNode);
    });
  });

  it("fetches what reads and writes a tokenizer.json only when it is used", async () => {
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
    const parts = () => fetched.filter((name) => name.includes("tokenizer-json"));
    const create = { text: corpus("fables", 5000), tokenizer: "bpe", hiddenSize: 16 } as const;
    await page.evaluate((wanted) => inPage.encodeTwice(wanted, "the crow", false), create);
    expect(parts()).toEqual([]);
    const [first, second] = await page.evaluate(
      (wanted) => inPage.encodeTwice(wanted, "the crow", true),
      create,
    );
    expect(second).toEqual(first);
    expect(parts()).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it("fetches what works in its own thread only when it is used", async () => {
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
    const parts = () => fetched.filter((name) => name.includes("in-process-engine"));
    await page.reload();
    await page.waitForFunction(() => "inPage" in globalThis);
    const { create, ...others } = recipe({ build: "simd128" });
    await page.evaluate((wanted) => inPage.runRecipe(wanted), { create, ...others });
    const writeOn = (worker: boolean) =>
      page.evaluate(([options, beginning]) => inPage.writeOn(options, beginning), [
        { ...create, worker },
        create.text.slice(0, 50),
      ] as const);
    const written = await writeOn(true);
    expect(parts()).toEqual([]);
    expect(await writeOn(false)).toBe(written);
    expect(parts()).toHaveLength(1);
  });

  describe("the main thread", () => {
    it("is seen when it is busy for 80 ms (the measurement works)", async () => {
      const tasks = await page.evaluate(() => inPage.longTasksOfABlock(80));
      expect(Math.max(...tasks)).toBeGreaterThanOrEqual(80);
    });

    it(`is never busy for longer than ${LONGEST_TASK_MS} ms at a stretch while a model trains`, async () => {
      // A machine with other work can stretch a task of a millisecond to any length, now and then; code that blocks
      // blocks each time. So one quiet run out of three is the proof.
      const runs = [];
      do {
        runs.push(
          await page.evaluate((text) => inPage.longTasksOfTraining(text, 3), corpus("fables", 60_000)),
        );
      } while (runs.at(-1)?.tasks.length !== 0 && runs.length < 3);
      expect(runs.at(-1)?.steps).toBeGreaterThan(5);
      expect(runs.at(-1)?.tasks, `long tasks of all runs: ${JSON.stringify(runs)}`).toEqual([]);
    });
  });

  it("stops at once when aborted, rejects with the reason, and leaves the model usable", async () => {
    const { error, milliseconds, sampled } = await page.evaluate(
      (text) => inPage.abort(text),
      corpus("fables", 20_000),
    );
    expect(error).toBe("Error: enough");
    // The promise is 100 ms on a machine of one's own; this one may be busy with other things.
    expect(milliseconds).toBeLessThan(1000);
    expect(sampled).toBe(20);
  });

  it("answers with a stream of what it writes", async () => {
    const { create, sample } = recipe({ build: "simd128" });
    const streams = await page.evaluate(([c, s]) => inPage.streams(c, s), [create, sample] as const);
    expect(streams.answer).toBe(streams.text);
    expect([...streams.text]).toHaveLength(120);
    expect(streams.cancelledAfter).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it("shares sessions out over a pool, which it fetches only then", async () => {
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
    const { create, sample } = recipe({ build: "simd128" });
    const given = [create, { ...sample, prompt: sample.prompt ?? "" }] as const;
    await page.evaluate(([c, s]) => inPage.streams(c, s), given);
    expect(fetched.filter((name) => name.includes("open-pool"))).toEqual([]);
    const { written, expected, ...rest } = await page.evaluate(([c, s]) => inPage.pools(c, s), given);
    expect(written).toEqual(expected);
    expect(rest).toEqual({ sessions: 5, waiting: 0 });
    expect(fetched.filter((name) => name.includes("open-pool"))).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  describe("a page that nobody sees", () => {
    let hiding: Browser;
    let hidden: HiddenPage;
    beforeAll(async () => {
      hiding = await launchChromium(THROTTLING_OFF);
      hidden = await HiddenPage.open(hiding, server.url);
      await vi.waitFor(async () => {
        expect(await hidden.evaluate("document.visibilityState")).toBe("hidden");
        expect(await hidden.evaluate("'inPage' in globalThis")).toBe(true);
      });
    });
    afterAll(async () => {
      await hiding?.close();
    });

    // Timers of such a page go off once a second: with one for each slice these would take minutes.
    it.each([
      ["in its worker", {}, {}],
      ["in its worker, with rests", {}, { dutyCycle: 0.8 }],
      ["in three workers", {}, { workers: 3 }],
      ["without a worker", { worker: false }, {}],
    ])("goes on training %s", async (_, place, more) => {
      const { create, train } = recipe(place);
      const options = { ...train, ...more, steps: 200, evaluateEvery: 1 };
      const given = `${JSON.stringify(create)}, ${JSON.stringify(options)}`;
      const { visibility, steps, slices, timers } = await hidden.evaluate<
        Awaited<ReturnType<InPage["slicesAndTimers"]>>
      >(`inPage.slicesAndTimers(${given})`);
      expect({ visibility, steps, slices }).toEqual({ visibility: "hidden", steps: 200, slices: 200 });
      expect(timers, "timers that went off meanwhile").toBeLessThan(slices / 2);
    });
  });

  describe("a worker that dies", () => {
    it("while it trains: the training rejects with worker-crashed, and a new model works", async () => {
      const text = corpus("fables", 20_000);
      const started = page.waitForEvent("worker");
      const end = page.evaluate((given) => inPage.trainUntilItDies(given), text);
      const worker = await started;
      await page.waitForFunction(() => document.title.startsWith("step "));
      await worker.evaluate(
        () =>
          void setTimeout(() => {
            throw new Error("a test kills this worker");
          }),
      );
      expect(await end).toMatchObject({
        code: "worker-crashed",
        message: expect.stringContaining("a test kills this worker"),
      });
      expect((await page.evaluate((wanted) => inPage.runRecipe(wanted), recipe({}))).steps).toBe(60);
    });

    it("because its file is missing: the first call rejects with worker-crashed where it was asked for", async () => {
      server.missing.add("/dist/browser/worker.js");
      try {
        const end = await page.evaluate((given) => inPage.trainUntilItDies(given), corpus("fables", 20_000));
        expect(end).toMatchObject({ code: "worker-crashed" });
      } finally {
        server.missing.clear();
      }
    });
  });
});
