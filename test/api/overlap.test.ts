import { spawn } from "node:child_process";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { overlap, OVERLAP_DEFAULTS, type Overlap } from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { OverlapSearch } from "../../ts/src/overlap/find-overlap.js";
import { failure } from "./errors.js";
import { text } from "./models.js";

const here = { worker: false } as const;

/** The same by looking everywhere. */
function naive(sample: string, documents: readonly string[], minLength: number): Overlap {
  const symbols = Array.from(sample);
  const part = (from: number, to: number): string => symbols.slice(from, to).join("");
  const has = (words: string) => documents.some((document) => document.includes(words));
  const runs: { text: string; at: number; length: number; document: number; inCorpusAt: number }[] = [];
  const covered = new Set<number>();
  let lastEnd = 0;
  for (let start = 0; start < symbols.length; start++) {
    let end = start;
    while (end < symbols.length && has(part(start, end + 1))) end += 1;
    if (end > lastEnd && end - start >= minLength) {
      const words = part(start, end);
      const document = documents.findIndex((each) => each.includes(words));
      const inCorpusAt = documents[document]?.indexOf(words) ?? NaN;
      runs.push({ text: words, at: part(0, start).length, length: words.length, document, inCorpusAt });
      for (let at = start; at < end; at++) covered.add(at);
    }
    lastEnd = Math.max(lastEnd, end);
  }
  runs.sort((a, b) => b.length - a.length);
  return { runs, symbols: symbols.length, covered: covered.size, share: covered.size / symbols.length };
}

function search(sample: string, documents: readonly string[], minLength: number, piece: number): Overlap {
  const looking = new OverlapSearch(sample, { documents, conditions: new Float32Array() }, minLength);
  for (;;) {
    const found = looking.advance(piece);
    if (found !== undefined) return found;
  }
}

/** Whole numbers below a limit, always the same ones. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

describe("the search", () => {
  it.each(["ab", "abc", "ab😀é", "abcdefghijklmnopqrstuvwxyz"])(
    "finds what a naive one does, of %s",
    (letters) => {
      const random = randomNumbers(letters.length);
      const symbols = Array.from(letters);
      const string = (length: number) =>
        Array.from({ length }, () => symbols[random(symbols.length)]).join("");
      for (let round = 0; round < 150; round++) {
        const documents = Array.from({ length: 1 + random(3) }, () => string(random(40)));
        // Some of it is copied.
        const [source = ""] = documents;
        const sample =
          string(1 + random(20)) + Array.from(source).slice(random(10)).join("") + string(random(9));
        const minLength = 1 + random(4);
        expect(search(sample, documents, minLength, 1 + random(50))).toEqual(
          naive(sample, documents, minLength),
        );
      }
    },
  );

  it("takes no longer where everything repeats", () => {
    const { runs, share } = search("a".repeat(20_000), ["a".repeat(200_000), "b"], 20, 1e9);
    expect(runs).toEqual([{ text: "a".repeat(20_000), at: 0, length: 20_000, document: 0, inCorpusAt: 0 }]);
    expect(share).toBe(1);
  });

  it("is slices to its end: none looks at more symbols than it is asked to", () => {
    const looking = new OverlapSearch(text, { text }, 20);
    let slices = 0;
    while (looking.advance(10) === undefined) slices += 1;
    // Those of the text, of the corpus, the states, of which there are more than symbols, and those of the text again.
    expect(10 * slices).toBeGreaterThan(4 * text.length);
  });

  it("finds nothing in nothing", () => {
    expect(search("", ["abc"], 1, 10)).toEqual({ runs: [], symbols: 0, covered: 0, share: 0 });
    expect(search("abc", [], 1, 10)).toMatchObject({ runs: [], share: 0 });
    expect(search("abc", [""], 1, 10)).toMatchObject({ runs: [], share: 0 });
  });
});

it("is aborted at once while its worker is still to come", { timeout: 10_000 }, async () => {
  const controller = new AbortController();
  // One whose script is still on its way answers nothing.
  const send = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(() => controller.abort("enough"));
  onTestFinished(() => send.mockRestore());
  const place = { worker: true, signal: controller.signal };
  await expect(overlap("a text", "a text", place)).rejects.toBe("enough");
  expect(send).toHaveBeenCalledOnce();
});

describe.each([{ worker: false }, { worker: true }])("overlap, %o", (place) => {
  it("tells runs, the longest first, and their share", async () => {
    const [first, second] = [text.slice(100, 160), text.slice(300, 330)];
    const sample = `§${second}§§${first}§`;
    const { runs, share, covered, symbols } = await overlap(sample, { text }, { ...place, minLength: 25 });
    expect(runs.map((run) => run.text)).toEqual([first, second]);
    expect(runs[1]).toMatchObject({ at: 1, length: 30, inCorpusAt: text.indexOf(second) });
    expect(runs[1]).not.toHaveProperty("document");
    expect([covered, symbols, share]).toEqual([90, 94, 90 / 94]);
  });

  it("says what it got instead of a text or a corpus", async () => {
    await failure(overlap(7 as never, "ab"), "invalid-option", "takes a text as a string, got 7");
    await failure(overlap("ab", 7 as never), "invalid-option", "takes a corpus", "got 7");
  });

  it("takes a string, the name of a corpus, or documents, over whose ends no run goes", async () => {
    const { runs } = await overlap(
      "The Fox and the Grapes",
      { corpus: "fables" },
      { ...place, minLength: 5 },
    );
    expect(runs.length).toBeGreaterThan(0);
    expect((await overlap("abcdef", "abcdef", { ...place, minLength: 3 })).share).toBe(1);
    const list = await overlap("abcdef", { documents: ["xabc", "def"] }, { ...place, minLength: 3 });
    expect(list.runs).toEqual([
      { text: "abc", at: 0, length: 3, document: 0, inCorpusAt: 1 },
      { text: "def", at: 3, length: 3, document: 1, inCorpusAt: 0 },
    ]);
  });

  it("counts places and lengths as slice does, and minLength in symbols", async () => {
    const copied = "😀 what stands in both 😀😀";
    const [sample, corpus] = [`😀§${copied}§`, `§😀😀${copied}`];
    const { runs } = await overlap(sample, corpus, { ...place, minLength: 24 });
    expect(runs).toEqual([{ text: copied, at: 3, length: 27, inCorpusAt: 5 }]);
    expect([sample.slice(3, 3 + 27), corpus.slice(5, 5 + 27)]).toEqual([copied, copied]);
    expect((await overlap(sample, corpus, { ...place, minLength: 25 })).runs).toEqual([]);
  });

  it("finds in a file what it finds in the string, also over the end of a piece of it", async () => {
    // Files are read in pieces of 1 MiB.
    const copied = "what stands on both sides of it 😀";
    const corpus = `${"-".repeat(2 ** 20 - 12)}${copied}${"-".repeat(2 ** 20)}${text}`;
    const sample = `§${copied}§${text.slice(100, 160)}`;
    const found = await overlap(sample, { text: new Blob([corpus]) }, place);
    expect(found.runs.map((run) => run.inCorpusAt)).toEqual([
      corpus.indexOf(text.slice(100, 160)),
      2 ** 20 - 12,
    ]);
    expect(found).toEqual(await overlap(sample, corpus, place));
  });

  it("stops when it is aborted", async () => {
    const reason = new Error("enough");
    const call = (signal: AbortSignal) => overlap(text, text.repeat(20_000), { ...place, signal });
    await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const pending = call(controller.signal);
    setTimeout(() => controller.abort(reason), 30);
    await expect(pending).rejects.toBe(reason);
  });
});

it("an overlap needs no WebAssembly: the thread is still free for either build, and the worker starts without", async () => {
  const script = path.join(import.meta.dirname, "overlap-first.mjs");
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  expect(JSON.parse(await readAll(child.stdout))).toEqual({
    shares: [1, 1],
    instances: 0,
    build: "simd128",
  });
});

it("an overlap has the options that are documented", async () => {
  const sample = `${text.slice(50, 85)}§${text.slice(200, 215)}`;
  const found = await overlap(sample, text, here);
  expect(found.runs).toHaveLength(1);
  expect(await overlap(sample, text, { ...here, ...OVERLAP_DEFAULTS })).toEqual(found);
  expect((await overlap(sample, text, { ...here, minLength: 15 })).runs).toHaveLength(2);
  expect(Object.keys(optionsOf("overlap"))).toEqual(["minLength", "worker", "signal"]);
});

it("an overlap refuses what is no text", async () => {
  await failure(overlap(7 as unknown as string, text), "invalid-option", "string");
  await failure(overlap(text, 7 as unknown as string), "invalid-option", "corpus");
  await failure(overlap(text, {} as { text: string }), "missing-option", "text");
  await failure(overlap(text, { corpus: "fabels" as "fables" }), "unknown-corpus", "fables");
  await failure(overlap(text, text, { minLength: 0 }), "invalid-option", "minLength");
  await failure(overlap(text, text, { min: 0 } as object), "unknown-option", "overlap");
});
