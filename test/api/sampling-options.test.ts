// What the options of a sample promise, wherever the model runs. That each does something at all is in option-effects.test.ts.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { SAMPLE_DEFAULTS, TextModel, type ErrorCode, type SampleManyOptions } from "mynah";
import { create, places, quick } from "./models.js";

const page = readFileSync(new URL("../../docs/sampling.md", import.meta.url), "utf8");

const documents = ["anna", "bo", "clementine", "dee"];

async function all(texts: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const written of texts) list.push(written);
  return list;
}

/** A model that has learnt four names by heart. */
async function createOfNames(place: (typeof places)[number]): Promise<TextModel> {
  const { worker, build } = place;
  const model = await TextModel.create({ documents, hiddenSize: 16, embeddingSize: 8, worker, build });
  await model.train({ documents, steps: 300, learningRate: 0.02, validation: 0 });
  return model;
}

describe.each(places)("the options of a sample $name", (place) => {
  it("change nothing at their defaults", async () => {
    const model = await create(place);
    const { unique: _, ...settings } = SAMPLE_DEFAULTS;
    const plain = await model.sampleText({ length: 200, seed: 3 });
    expect(await model.sampleText({ ...settings, length: 200, seed: 3 })).toBe(plain);
    expect(await model.sampleText({ logitBias: {}, stop: [], length: 200, seed: 3 })).toBe(plain);
  });

  it("end a text before a stop string, and never show a part of it", async () => {
    const model = await create(place);
    const whole = await model.sampleText({ length: 600, seed: 4 });
    for (const at of [0, 7, 300, 590]) {
      const stop = whole.slice(at, at + 3);
      const expected = whole.slice(0, whole.indexOf(stop));
      let joined = "";
      for await (const piece of model.sample({ length: 600, seed: 4, stop: ["§", stop] })) {
        expect(piece).not.toBe("");
        joined += piece;
        expect(expected.startsWith(joined)).toBe(true);
      }
      expect(joined).toBe(expected);
      expect(await model.sampleText({ length: 600, seed: 4, stop })).toBe(expected);
    }
  });

  it("have a minLength before which no text ends", async () => {
    const model = await create(place);
    for (const written of await all(
      model.sampleMany({ count: 20, length: 60, minLength: 30, stop: ["e", "a"], seed: 1 }),
    )) {
      expect(written.length).toBeGreaterThanOrEqual(30);
      expect(written.slice(0, 30)).not.toMatch(/[ea]/);
    }
  });

  it("write what a pattern allows, and all of it", async () => {
    const model = await create(place);
    const allowedPattern = "(the|a) [a-z]{2,6}( saw [a-z]+)?\\.";
    for (const length of [8, 14, 40]) {
      const texts = await all(
        model.sampleMany({ count: 30, length, allowedPattern, seed: 2, temperature: 1 }),
      );
      for (const written of texts) {
        expect(written).toMatch(new RegExp(`^(?:${allowedPattern})$`));
        expect(written.length).toBeLessThanOrEqual(length);
      }
      expect(new Set(texts).size).toBeGreaterThan(1);
    }
  });

  it("write no symbol that is banned, and no run of symbols twice", async () => {
    const model = await create(place);
    const written = await model.sampleText({ length: 300, seed: 1, topK: 4, noRepeatNgram: 3, banned: "te" });
    expect(written).not.toMatch(/[te]/);
    const runs = Array.from({ length: 298 }, (_, at) => written.slice(at, at + 3));
    expect(new Set(runs).size).toBe(298);
  });

  it("favour symbols by their logits", async () => {
    const model = await create(place);
    expect(await model.sampleText({ length: 9, seed: 1, logitBias: { d: -100, w: 100 } })).toBe(
      "w".repeat(9),
    );
  });

  it("leave no symbol, which is an error that says why", async () => {
    const model = await create(place, { text: "ab" });
    await failure(model.sampleText({ noRepeatNgram: 1 }), "no-symbol-left", "noRepeatNgram");
    await failure(all(model.sampleMany({ count: 2, banned: "ab" })), "no-symbol-left", "banned");
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
  });

  const badOptions: readonly (readonly [object, ...string[]])[] = [
    [{ topK: -1 }, "topK is -1, but must be a whole number"],
    [{ topK: 1.5 }, "topK is 1.5"],
    [{ topP: 1.1 }, "topP is 1.1, but must be from 0 to 1"],
    [{ topP: NaN }, "topP is NaN"],
    [{ minP: -0.1 }, "minP is -0.1, but must be from 0 to 1"],
    [{ typicalP: 2 }, "typicalP is 2, but must be from 0 to 1"],
    [{ repetitionPenalty: 0 }, "repetitionPenalty is 0, but must be from 0.1 to 10"],
    [{ presencePenalty: 101 }, "presencePenalty is 101, but must be from -100 to 100"],
    [{ frequencyPenalty: "1" }, "frequencyPenalty"],
    [{ repeatLastN: 0 }, "repeatLastN is 0, but must be a whole number from 1 to 65535"],
    [{ noRepeatNgram: -2 }, "noRepeatNgram is -2"],
    [{ logitBias: { "": 1 } }, "logitBias is", "for each of some symbols"],
    [{ logitBias: { ab: 1 } }, 'logitBias is for "ab"', "symbols that the model knows"],
    [{ logitBias: { "": 1 } }, "logitBias"],
    [{ logitBias: { a: 1, e: Infinity } }, 'logitBias is Infinity for "e"', "a finite number"],
    [{ logitBias: [1] }, "logitBias"],
    [{ logitBias: { "§": 1 } }, 'logitBias is for "§", but must be for symbols that the model knows'],
    [{ logitBias: { e: 101 } }, 'logitBias is 101 for "e", but must be from -100 to 100'],
    [{ logitBias: { "\ufffd": 1 } }, "logitBias is for", "shows as \ufffd has no name"],
    [{ banned: ["a"] }, "banned"],
    [{ allowedPattern: /a/ }, "allowedPattern is the RegExp /a/, but must be a string", ".source"],
    [{ allowedPattern: `(?=${"a".repeat(40)})` }, `allowedPattern is "(?=${"a".repeat(37)}…", but`],
    [{ allowedPattern: "a(?=b)" }, 'allowedPattern is "a(?=b)"', "without lookahead"],
    [{ allowedPattern: "§" }, "allowedPattern", "the model knows"],
    [{ stop: 1 }, "stop", "a string, or a list of strings"],
    [{ stop: ["a", 1] }, "stop"],
    [{ stop: Object.assign(["a"], { 2: "b" }) }, "stop is an array with nothing at 1", "a list of strings"],
    [{ stop: "" }, "stop is empty"],
    [{ minLength: 6, length: 5 }, "minLength is 6, but must be at most the length, 5"],
    [{ unique: true }, "no option", "unique"],
  ];
  it.for(badOptions)("refuse %o", async ([options, ...words]) => {
    const model = await create(place);
    const code = "unique" in options ? "unknown-option" : "invalid-option";
    await failure(model.sampleText(options as never), code, ...words);
  });

  it("have the limits that docs/sampling.md states", async () => {
    for (const words of [
      "at most 64, of 1 to 1,000 characters",
      "at\nmost 1,023",
      "is at most 1,000",
      "100 pairs",
    ]) {
      expect(page).toContain(words);
    }
    const model = await create(place);
    const nested = (depth: number) => `${"(".repeat(depth)}a${")".repeat(depth)}`;
    for (const [fits, tooMuch] of [
      [{ stop: Array<string>(64).fill("§") }, { stop: Array<string>(65).fill("§") }],
      [{ stop: "§".repeat(1000) }, { stop: "§".repeat(1001) }],
      [{ allowedPattern: "(ae){511}a*" }, { allowedPattern: "(ae){512}" }],
      [{ allowedPattern: "a{0,1000}" }, { allowedPattern: "a{0,1001}" }],
      [{ allowedPattern: nested(100) }, { allowedPattern: nested(101) }],
    ]) {
      expect(await model.sampleText({ length: 1100, ...fits })).not.toBe("");
      await failure(model.sampleText({ length: 1100, ...tooMuch }), "invalid-option");
    }
    for (const unread of ["a{,3}", "\\cA", "\\1", "(a)\\1", "\\ba", "\\p{L}"]) {
      await failure(model.sampleText({ allowedPattern: unread }), "invalid-option", "allowedPattern");
    }
  });

  it("advise on what takes the memory", async () => {
    const model = await create(place);
    const most = 2 ** 32 - 1;
    const { message } = await failure(
      model.sampleText({ length: most, minLength: most, allowedPattern: "a*" }),
      "out-of-memory",
      "minLength with allowedPattern",
      "a smaller minLength needs less",
    );
    expect(message).not.toContain("hiddenSize");
  });

  it("refuse a pattern together with stop strings", async () => {
    const model = await create(place);
    await failure(
      model.sampleText({ allowedPattern: "a*", stop: "a" }),
      "contradictory-options",
      "allowedPattern",
      "stop",
    );
  });
});

describe.each(places)("texts that are new $name", (place) => {
  const settings = { length: 2, seed: 5, temperature: 1 } as const;

  it("are those that came first, in their order", async () => {
    const model = await create(place);
    const plain = await all(model.sampleMany({ ...settings, count: 900 }));
    const once = [...new Set(plain)];
    expect(once.length).toBeLessThan(800);
    const unique = await all(model.sampleMany({ ...settings, count: 100, unique: true }));
    expect(unique).toEqual(once.slice(0, 100));
    expect(await all(model.sampleMany({ ...settings, count: 7, unique: true }))).toEqual(once.slice(0, 7));

    const corpus = "the cat saw the dog";
    const differ = await all(model.sampleMany({ ...settings, count: 50, notInCorpus: { text: corpus } }));
    expect(differ).toEqual(plain.filter((written) => !corpus.includes(written)).slice(0, 50));
    const both = { count: 50, unique: true, notInCorpus: { text: corpus } };
    expect(await all(model.sampleMany({ ...settings, ...both }))).toEqual(
      once.filter((written) => !corpus.includes(written)).slice(0, 50),
    );
  });

  it("are as many as there are, and then an error says so", async () => {
    const model = await create(place, { text: "ab" });
    const written: string[] = [];
    const write = async () => {
      for await (const one of model.sampleMany({ ...settings, count: 5, unique: true })) written.push(one);
    };
    const { message } = await failure(
      write(),
      "no-new-text",
      "only 4 of 5 texts are new",
      "1000 were written, and what they hold besides came before;",
      '"temperature"',
    );
    expect(message).not.toContain("notInCorpus");
    expect(new Set(written)).toEqual(new Set(["aa", "ab", "ba", "bb"]));
    const nothing = { ...settings, length: 0, count: 1, notInCorpus: { text: "ab" } };
    await failure(
      all(model.sampleMany(nothing)),
      "no-new-text",
      "only 0 of 1",
      "besides stands in notInCorpus;",
    );
    const holed = { ...settings, count: 1, notInCorpus: { documents: Array<string>(2) } };
    expect(() => model.sampleMany(holed)).toThrow("notInCorpus is");
  });

  it("of a search are as many as it finds, whatever was asked for", async () => {
    const few = await create(place, { text: "ab" });
    const search = { count: 5, beamWidth: 5, length: 9 };
    const found = await all(few.sampleMany({ ...search, allowedPattern: "a|b" }));
    expect(found.toSorted()).toEqual(["a", "b"]);
    const again = few.sampleMany({ ...search, allowedPattern: "a|b", unique: true });
    await failure(all(again), "no-new-text", "only 2 of 5", "5 were searched for");

    const text = "狐狸和乌鸦，乌鸦和狐狸。".repeat(20);
    const chinese = await create(place, { text, tokenizer: "bytes" });
    await chinese.train({ text, ...quick, steps: 60, validation: 0 });
    for (const length of [1, 2, 3, 12, 13, 14]) {
      const texts = await all(chinese.sampleMany({ count: 8, beamWidth: 8, length }));
      expect(texts.length).toBeGreaterThan(0);
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts.join("")).not.toContain("\uFFFD");
    }
    // The likeliest four first bytes are those of characters of three.
    expect(await all(chinese.sampleMany({ count: 4, beamWidth: 4, length: 2 }))).toEqual([""]);
  });

  it("differ from whole documents, the prompt included", async () => {
    const model = await createOfNames(place);
    const names = async (options: Partial<SampleManyOptions>) =>
      all(model.sampleMany({ seed: 1, temperature: 0.9, length: 20, count: 6, unique: true, ...options }));
    try {
      for (const name of await names({ notInCorpus: { documents } })) expect(documents).not.toContain(name);
      for (const rest of await names({ prompt: "cle", notInCorpus: { documents } })) {
        expect(rest).not.toBe("mentine");
      }
      // A part of a document is none.
      expect(await names({ count: 1, prompt: "an", notInCorpus: { documents: ["na"] } })).toEqual(["na"]);
    } finally {
      await model.dispose();
    }
  });

  it("can be left, and end at an abort while none is found", async () => {
    const model = await create(place, { text: "ab" });
    for await (const _ of model.sampleMany({ ...settings, count: 4, unique: true })) break;
    const abort = new AbortController();
    const texts = model.sampleMany({
      count: 100_000,
      length: 3,
      unique: true,
      signal: abort.signal,
    });
    for (let taken = 0; taken < 8; taken++) expect((await texts.next()).done).toBe(false);
    const next = texts.next();
    abort.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
  });

  const badOptions: readonly (readonly [object, ErrorCode, ...string[]])[] = [
    [{ notInCorpus: "fables" }, "invalid-option", "an object with text, corpus or documents"],
    [{ notInCorpus: { texts: "a" } }, "invalid-option", "notInCorpus"],
    [{ notInCorpus: { documents: "a" } }, "invalid-option", "notInCorpus"],
    [{ notInCorpus: {} }, "missing-option", "text"],
    [{ notInCorpus: { text: "a", corpus: "fables" } }, "contradictory-options", "text and corpus"],
    [{ notInCorpus: { corpus: "fabels" } }, "unknown-corpus", "fables"],
    [{ unique: 1 }, "invalid-option", "unique is 1, but must be a boolean"],
  ];
  it.for(badOptions)("refuse %o", async ([options, code, ...words]) => {
    const model = await create(place);
    const call = async () => all(model.sampleMany({ count: 2, ...options } as never));
    await failure(call(), code, ...words);
  });

  it("differ from a corpus that comes with the package", async () => {
    const model = await create(place);
    const long = { count: 3, length: 40, seed: 1 };
    const differing = await all(model.sampleMany({ ...long, notInCorpus: { corpus: "fables" } }));
    expect(differing).toEqual(await all(model.sampleMany(long)));
  });
});
