// Models of every tokenizer, as users make them: they learn, write, are saved; and no text gets lost in them.
import { describe, expect, it, vi } from "vitest";
import {
  memoryEstimate,
  previewFolding,
  TextModel,
  TOKENIZER_DEFAULTS,
  type FoldingChange,
  type TokenizerKind,
  type TokenizerOptions,
} from "mynah";
import { TOKENIZERS } from "../../ts/src/options/tokenizer-table.js";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, exactPlaces, load, places, quick, text } from "./models.js";

const MIXED = "Né 狼 und 🦊: der Fuchs, der Wolf.\r\nDie Fu\u0308chse 👩‍👩‍👧 lachen, der Fuchs lacht. ".repeat(
  20,
);

const place = { worker: false, build: "simd128" } as const;

/** Numbers that look like chance, the same every time. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A text with changes made, the longest that fits first. */
function changed(given: string, changes: readonly FoldingChange[]): string {
  const longest = changes.toSorted((a, b) => b.from.length - a.from.length);
  let done = "";
  for (let at = 0; at < given.length;) {
    const { from, to } = longest.find((change) => given.startsWith(change.from, at)) ?? kept(given, at);
    done += to;
    at += from.length;
  }
  return done;
}

function kept(given: string, at: number): Pick<FoldingChange, "from" | "to"> {
  const character = String.fromCodePoint(given.codePointAt(at) ?? 0);
  return { from: character, to: character };
}

/** Of all planes, of what is known and of what is not, with halves of pairs. */
function randomText(random: (below: number) => number): string {
  const known = Array.from(MIXED);
  const parts = Array.from({ length: random(40) }, () => {
    const kind = random(4);
    if (kind === 0) return String.fromCodePoint(random(0x11_0000));
    if (kind === 1) return String.fromCharCode(random(0x1_0000));
    const at = random(known.length);
    return known.slice(at, at + random(12)).join("");
  });
  return parts.join("");
}

describe.each(TOKENIZERS)("of %s", (tokenizer) => {
  it("every text comes back from its symbols", async () => {
    const model = await create(place, { text: MIXED, tokenizer });
    const random = randomly(TOKENIZERS.indexOf(tokenizer) + 1);
    for (let round = 0; round < 150; round += 1) {
      const given = randomText(random);
      const { tokens, symbols } = await model.encode(given);
      // What no UTF-8 can hold is read as U+FFFD.
      const whole = given.toWellFormed();
      expect(symbols.join("")).toBe(whole);
      expect(symbols).toHaveLength(tokens.length);
      expect(await model.decode(tokens)).toBe(whole);
    }
    expect(await model.decode([])).toBe("");
  });

  it("two feeds of a session are one where they are cut between symbols", async () => {
    const model = await create(place, { text: MIXED, tokenizer });
    const random = randomly(TOKENIZERS.indexOf(tokenizer) + 1);
    const stateAfter = async (...feeds: readonly string[]): Promise<Uint8Array> => {
      const session = await model.session();
      for (const feed of feeds) await session.feed(feed);
      return session.save();
    };
    const isByCharacters = tokenizer === "characters" || tokenizer === "bytes";
    for (let round = 0; round < 40; round += 1) {
      const [before, after] = [randomText(random).toWellFormed(), randomText(random).toWellFormed()];
      // Where letters and marks meet, other symbols may be longer.
      const parts = isByCharacters ? [before, after] : [`${before}r`, ` ${after}`];
      expect(await stateAfter(...parts)).toEqual(await stateAfter(parts.join("")));
    }
    const inWord = await stateAfter("der Fu", "chs");
    if (isByCharacters || tokenizer === "graphemes") expect(inWord).toEqual(await stateAfter("der Fuchs"));
    else expect(inWord).not.toEqual(await stateAfter("der Fuchs"));
    expect(await stateAfter("\ud83e", "\udd8a")).toEqual(await stateAfter("\ufffd\ufffd"));
  });

  it("a model learns, writes, and comes back from its file", async () => {
    const model = await create(place, { text: MIXED, tokenizer });
    expect(model.info).toMatchObject({ tokenizer, normalization: "none", caseFolding: false });
    expect(model.info.vocabulary).toHaveLength(model.info.vocabularySize);
    const before = await model.evaluate({ text: MIXED });
    await model.train({ text: MIXED, ...quick, seqLength: 8, steps: 40, validation: 0 });
    const after = await model.evaluate({ text: MIXED });
    expect(after.bitsPerByte).toBeLessThan(before.bitsPerByte);
    const again = await load(await model.save(), place);
    expect(again.info).toEqual(model.info);
    const settings = { seed: 3, length: 80, temperature: 2 };
    const written = await model.sampleText(settings);
    expect(await again.sampleText(settings)).toBe(written);
    for await (const piece of again.sample(settings)) {
      expect(piece.isWellFormed() && !piece.includes("\uFFFD")).toBe(true);
    }
    expect(await again.evaluate({ text: MIXED })).toEqual(after);
  });

  it("bits are by the bytes of the text, in steps, too", async () => {
    const model = await create(place, { text: MIXED, tokenizer });
    const bytes = new TextEncoder().encode(MIXED).length;
    const { tokens } = await model.encode(MIXED);
    for await (const { loss, bitsPerByte } of model.train({
      text: MIXED,
      ...quick,
      seqLength: 8,
      steps: 2,
      validation: 0,
    })) {
      expect(bitsPerByte).toBeCloseTo((loss * tokens.length) / (Math.LN2 * bytes), 9);
    }
    const { bits, tokens: foreseen, loss, bitsPerByte } = await model.score(MIXED);
    expect(bits).toHaveLength(tokens.length);
    expect(foreseen).toBe(tokens.length - 1);
    const sum = bits.reduce((total, each) => total + each, 0);
    expect(sum / (bitsPerByte * bytes)).toBeCloseTo(1, 1);
    expect((loss * foreseen) / Math.LN2).toBeCloseTo(sum, 1);
  });

  it("documents begin and end", async () => {
    const documents = ["né", "狼狼", "der Fuchs", "der Fuchs"];
    await using model = await TextModel.create({
      documents,
      tokenizer,
      hiddenSize: 16,
      embeddingSize: 8,
      ...place,
    });
    await model.train({ documents, ...quick, steps: 80, validation: 0 });
    for await (const name of model.sampleMany({ count: 20, length: 40, seed: 1 })) {
      expect(name).not.toContain("\uFFFD");
    }
    expect(await model.evaluate({ documents })).toMatchObject({ tokens: expect.any(Number) });
    expect(model.info.hasBoundary).toBe(true);
  });
});

it("the vocabulary is what was asked for", async () => {
  const vocabulary = async (options: TokenizerOptions) =>
    (await create(place, { text: MIXED, ...options })).info;
  const words = await vocabulary({ tokenizer: "words" });
  expect(words.vocabulary).toContain(" Fuchs");
  expect(words.vocabulary).toContain(" Né");
  const few = await vocabulary({ tokenizer: "bpe", vocabularySize: 260 });
  expect(few).toMatchObject({ vocabularySize: 260, hasUnknown: false, symbols: "" });
  const more = await vocabulary({ tokenizer: "bpe", vocabularySize: 400 });
  expect(more.vocabulary.slice(0, 260)).toEqual(few.vocabulary);
  expect(more.vocabulary).toContain(" Fuchs");
  const graphemes = await vocabulary({ tokenizer: "graphemes" });
  expect(graphemes.vocabulary).toEqual(expect.arrayContaining(["👩‍👩‍👧", "u\u0308", "\r\n", "狼"]));
  expect((await vocabulary({ tokenizer: "bytes" })).vocabularySize).toBe(256);
  expect(await vocabulary({ ...TOKENIZER_DEFAULTS })).toEqual(await vocabulary({}));
});

it("Chinese is divided into words, and emoji are written whole", async () => {
  const chinese = await create(place, { text: "我们喜欢狐狸。狐狸喜欢我们。".repeat(9), tokenizer: "words" });
  expect((await chinese.encode("我们喜欢狐狸")).symbols).toEqual(["我们", "喜欢", "狐狸"]);
  const emoji = await create(place, { text: "👩‍👩‍👧🇩🇪".repeat(9), tokenizer: "graphemes" });
  expect((await emoji.encode("🇩🇪👩‍👩‍👧")).symbols).toEqual(["🇩🇪", "👩‍👩‍👧"]);
});

it("a word ends before punctuation, whatever symbols that is written in", async () => {
  const chinese = "我们喜欢狐狸。狐狸、我们「喜欢」。".repeat(20);
  for (const tokenizer of ["characters", "bytes", "bpe"] as const) {
    const model = await create(place, { text: chinese, tokenizer });
    await model.train({ text: chinese, ...quick, steps: 100, validation: 0 });
    await using session = await model.session();
    await session.feed("我们喜欢狐狸。");
    const words = (await session.suggest({ n: 10 })).map((word) => word.text);
    expect(words).toContain("狐狸");
    expect(words.join("")).not.toMatch(/\p{P}/u);
    expect(new Set(words).size).toBe(words.length);
  }
});

it.each(exactPlaces)("the same text gives the same model, whatever it is read from $name", async (at) => {
  // A piece of what is read ends within the last word.
  const long = `${"w ".repeat(2 ** 19 - 2)} Zauberwort Zauberwort 👩‍👩‍👧`;
  for (const given of [MIXED, long]) {
    for (const tokenizer of ["words", "graphemes", "bpe"] as const) {
      const options = { tokenizer, normalization: "NFC", hiddenSize: 8 } as const;
      const ofString = await create(at, { text: given, ...options });
      const ofBlob = await create(at, { text: new Blob([given]) as never, ...options });
      expect(await ofBlob.save()).toEqual(await ofString.save());
    }
  }
});

describe.each(places)("folding $name", (at) => {
  it("is done to all that a model reads, and kept in its file", async () => {
    const folding = { normalization: "NFKC", caseFolding: true } as const;
    const model = await create(at, { text: `${text.toUpperCase()}ﬁ²`, ...folding });
    expect(model.info).toMatchObject(folding);
    expect(model.info.symbols).not.toMatch(/[A-Zﬁ²]/);
    const upper = text.toUpperCase();
    await model.train({ text: upper, ...quick, steps: 20 });
    const again = await load(await model.save(), at);
    expect(again.info).toEqual(model.info);
    for (const one of [model, again]) {
      expect(await one.evaluate({ text: upper })).toEqual(await one.evaluate({ text }));
      expect((await one.encode("The ﬁsh")).symbols.join("")).toBe("the fish");
      expect((await one.score(upper)).bits).toEqual((await one.score(text)).bits);
      const write = (prompt: string) => one.sampleText({ prompt, seed: 1, length: 30 });
      expect(await write("THE CAT")).toBe(await write("the cat"));
      expect(await one.sampleText({ seed: 2, length: 300, stop: "E" })).not.toContain("e");
      expect(await one.sampleText({ seed: 2, length: 300, banned: "E" })).not.toContain("e");
      const session = await one.session();
      await session.feed("THE C");
      const other = await one.session();
      await other.feed("the c");
      expect(await session.save()).toEqual(await other.save());
    }
  });

  it("bans a character as the model writes it, or refuses one that it writes as several", async () => {
    const accented = `e\u0301 ½ ${text}`;
    const composed = await create(at, { text: accented, normalization: "NFC" });
    const written = (model: TextModel, banned: string) =>
      model.sampleText({ banned, seed: 2, length: 300, temperature: 3 });
    for (const banned of ["é", "e\u0301"]) {
      const all = await written(composed, banned);
      expect(all).not.toContain("é");
      expect(all, "the letter alone is none of it").toContain("e");
    }
    const decomposed = await create(at, { text: accented, normalization: "NFKD", caseFolding: true });
    for (const banned of ["é", "xÉ", "½", "İ"]) {
      const { message } = await failure(written(decomposed, banned), "invalid-option", "banned", "several");
      expect(message).toContain(`"${banned.slice(-1)}"`);
    }
    const unmarked = await written(decomposed, "\u0301T");
    expect(unmarked).not.toMatch(/[\u0301t]/);
    expect(unmarked).toContain("e");
    // As in a model that folds nothing: two characters are given.
    expect(await written(decomposed, "e\u0301")).not.toMatch(/e|\u0301/);
  });

  it("leaves blanks as they are", async () => {
    const options = { bidirectional: true, normalization: "NFKD", caseFolding: true } as const;
    const model = await create(at, options);
    const fill = (given: string, blank?: string) => model.fill({ text: given, blank, seed: 1 });
    expect(await fill("The Xat saw xxxx", "X")).toMatch(/^the .at saw xxxx$/s);
    expect(await fill("The xat saw XXXX", "x")).toMatch(/^the .at saw xxxx$/s);
    expect(await fill("THE éat", "é")).toMatch(/^the .at$/s);
    // The sign that stands for a blank within, and one that looks the same in this form.
    expect(await fill("\ue000 ＿ C_T")).toMatch(/^\ue000 _ c[^_]t$/s);
    await failure(fill("The cat", "C"), "invalid-option", "without a blank", '"C"');
    await failure(fill("THE CAT", "t"), "invalid-option", "without a blank");
    await failure(fill("The cat", "at"), "invalid-option", "blank", "exactly one symbol");
  });

  it("of what is read piece by piece is that of the whole", async () => {
    const long = "e\u0301 é, Straße; \u1100\u1161\u11a8 ".repeat(60_000);
    const options = { normalization: "NFC", hiddenSize: 8, embeddingSize: 8 } as const;
    const model = await create(at, { ...options, text: new Blob([long]) as never });
    expect(model.info.symbols).toContain("각");
    const { tokens } = await model.evaluate({ text: new Blob([long.slice(0, 30_000)]), streams: 64 });
    expect(tokens).toBe(Array.from(long.slice(0, 30_000).normalize("NFC")).length - 1);
  });
});

describe("a preview", () => {
  it("tells what folding changes, the most frequent change first", () => {
    const given = "The ﬁsh, THE e\u0301clair ²";
    const {
      text: folded,
      changes,
      count,
    } = previewFolding(given, {
      normalization: "NFKC",
      caseFolding: true,
    });
    expect(folded).toBe("the fish, the éclair 2");
    expect(changes[0]).toEqual({ from: "T", to: "t", count: 2, at: 0 });
    expect(changes).toContainEqual({ from: "ﬁ", to: "fi", count: 1, at: 4 });
    expect(changes).toContainEqual({ from: "e\u0301", to: "é", count: 1, at: 13 });
    expect(count).toBe(changes.reduce((sum, change) => sum + change.count, 0));
    expect(previewFolding(given, {})).toEqual({ text: given, changes: [], count: 0 });
  });

  it("tells all of it: put in their places, the changes are the folded text", () => {
    const random = randomly(9);
    const odd = [
      "ΟΔΟΣ ΣΑΣ",
      "\u1100\u1161\u11a8",
      "가\u11a8",
      "ﾡￂﾱ",
      "ㄱㅏ",
      "ｶﾞﾊﾟ",
      "a\u0321\u0301",
      "H\u0331",
    ];
    for (const normalization of ["none", "NFC", "NFD", "NFKC", "NFKD"] as const) {
      for (let round = 0; round < 100; round += 1) {
        const chosen = Array.from({ length: 6 }, () => odd[random(odd.length)]).join("");
        const given = `${randomText(random)}${chosen}`.toWellFormed();
        const { text: folded, changes } = previewFolding(given, { normalization, caseFolding: true });
        expect(changed(given, changes)).toBe(folded);
      }
    }
  });

  it("tells of each Korean syllable by itself", () => {
    const korean = "한글은 한국어";
    const { changes, count } = previewFolding(korean, { normalization: "NFD" });
    expect(changes.map(({ from, count: times, at }) => [from, times, at])).toEqual([
      ["한", 2, 0],
      ...[
        ["글", 1],
        ["은", 2],
        ["국", 5],
        ["어", 6],
      ].map(([from, at]) => [from, 1, at]),
    ]);
    expect(count).toBe(6);
    const { changes: back } = previewFolding(korean.normalize("NFD"), { normalization: "NFC" });
    expect(back.map(({ to }) => to)).toEqual(["한", "글", "은", "국", "어"]);
    expect(previewFolding("ｶﾞｶ", { normalization: "NFKC" }).changes).toEqual([
      { from: "ｶﾞ", to: "ガ", count: 1, at: 0 },
      { from: "ｶ", to: "カ", count: 1, at: 2 },
    ]);
  });

  it("shows half of a surrogate pair as the model reads it", () => {
    const given = "a\ud83d😀\udc00A\ud83d";
    expect(previewFolding(given, { caseFolding: true })).toEqual({
      text: given.toWellFormed().toLowerCase(),
      changes: [
        { from: "\ud83d", to: "\ufffd", count: 2, at: 1 },
        { from: "\udc00", to: "\ufffd", count: 1, at: 4 },
        { from: "A", to: "a", count: 1, at: 5 },
      ],
      count: 4,
    });
  });

  it("refuses what is no text and no option", () => {
    expect(() => previewFolding(7 as never, {})).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expect.stringContaining("got 7") }),
    );
    expect(() => previewFolding("a", { normalize: "NFC" } as never)).toThrow(
      expect.objectContaining({ code: "unknown-option" }),
    );
    expect(() => previewFolding("a", { normalization: "NFX" } as never)).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
  });
});

describe("what cannot be is refused", () => {
  it.each([
    [{ tokenizer: "letters" }, "invalid-option", "one of characters, graphemes, words, bytes, bpe"],
    [{ tokenizer: {} }, "invalid-option", "tokenizer.json"],
    [{ vocabularySize: 300 }, "contradictory-options", "words"],
    [{ tokenizer: "bytes", vocabularySize: 300 }, "contradictory-options", "bpe"],
    [{ tokenizer: "bpe", vocabularySize: 256 }, "invalid-option", "from 257 to 65536"],
    [{ normalization: "nfc" }, "invalid-option", "NFC"],
    [{ caseFolding: "yes" }, "invalid-option", "a boolean"],
    [{ tokenizer: { model: {} }, normalization: "NFC" }, "contradictory-options", "tokenizer.json"],
    [{ tokenizer: { model: { type: "WordPiece" } } }, "unsupported-tokenizer", "WordPiece"],
  ] as const)("%j", async (options, code, words) => {
    await failure(TextModel.create({ text, ...place, ...options } as never), code, words);
  });

  it("an engine that cannot tell words apart says so", async () => {
    vi.stubGlobal("Intl", { ...Intl, Segmenter: undefined });
    try {
      for (const tokenizer of ["graphemes", "words"] as const) {
        await failure(
          TextModel.create({ text, tokenizer, ...place }),
          "unsupported-engine",
          "Intl.Segmenter",
        );
      }
      expect((await create(place, { tokenizer: "bpe" })).info.tokenizer).toBe("bpe");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each(places)("numbers that are no symbol's $name", async (at) => {
    const model = await create(at);
    const { vocabularySize } = model.info;
    await failure(model.decode([1, vocabularySize]), "invalid-option", `${vocabularySize} at 1`);
    await failure(model.decode([-1]), "invalid-option", "tokens has -1 at 0");
    await failure(model.decode(Array(2)), "invalid-option", "tokens has undefined at 0");
    await failure(model.decode("ab" as never), "invalid-option", 'tokens is "ab"', "a Uint32Array or a list");
    await failure(model.encode(7 as never), "invalid-option", "text");
    await model.dispose();
    await failure(model.encode("a"), "disposed");
  });
});

it("an estimate knows the tokenizer", async () => {
  const size = (tokenizer: TokenizerKind) => memoryEstimate({ text: MIXED, tokenizer, workers: 1, ...place });
  expect(await size("bytes")).not.toBe(await size("characters"));
});

it("the defaults are those of the table", () => {
  const table = optionsOf("create");
  for (const [name, value] of Object.entries(TOKENIZER_DEFAULTS)) expect(table[name]?.default).toBe(value);
});
