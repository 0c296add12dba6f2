import { describe, expect, it } from "vitest";
import { corpora, loadCorpus, suggest, TextModel } from "mynah";
import { kindOf } from "../../ts/src/suggest/kind.js";
import { lossOfCounting } from "../../ts/src/suggest/counting.js";
import { failure } from "./errors.js";

const names = ["Ada", "Bo", "Clementine", "Dee", "Eustace", "Flo", "Gwendolyn", "Hal", "Ivy", "Jo"];
const list = Array.from({ length: 60 }, (_, i) => names[i % 10] + "abcdef".charAt(i % 6)).join("\n");
const verse = Array.from({ length: 40 }, (_, i) => `The bird number ${i} sang,\nand nobody listened.`).join(
  "\n",
);

describe("what a text is", () => {
  it.each([
    { what: "names", kind: "list", text: list },
    { what: "names with Windows' line ends", kind: "list", text: list.replaceAll("\n", "\r\n") },
    { what: "places of several words", kind: "list", text: list.replaceAll("\n", " on Sea\n") },
    { what: "verse", kind: "prose", text: verse },
    { what: "a paragraph", kind: "prose", text: verse.replaceAll("\n", " ") },
    { what: "dialogue with empty lines", kind: "prose", text: list.replaceAll("\n", "\n\n") },
    { what: "a few lines", kind: "prose", text: names.join("\n") },
    { what: "nothing", kind: "prose", text: "" },
  ])("$what: $kind", ({ text, kind }) => expect(kindOf(text)).toBe(kind));

  it.each([
    ["fables", "prose"],
    ["fables-zh", "prose"],
    ["dinosaurs", "list"],
  ] as const)("%s: %s", async (corpus, kind) => expect(kindOf(await loadCorpus(corpus))).toBe(kind));
});

describe("counting", () => {
  it("foresees perfectly what never changes, and random letters not at all", async () => {
    expect(await lossOfCounting("ab".repeat(3000))).toBeLessThan(0.01);
    let state = 1;
    const next = () => (state = (state * 48271) % 2147483647) % 16;
    const random = Array.from({ length: 20_000 }, () => String.fromCharCode(97 + next())).join("");
    const ofRandom = await lossOfCounting(random);
    expect(ofRandom).toBeGreaterThan(Math.log(16));
    // It trusts what it saw by chance.
    expect(ofRandom).toBeLessThan(1.5 * Math.log(16));
    expect(await lossOfCounting("a")).toBeUndefined();
    expect(await lossOfCounting("")).toBeUndefined();
  });

  it("lets a page breathe", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await lossOfCounting((await loadCorpus("fables")).repeat(2));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe.each(corpora)("a suggestion for %s", (corpus) => {
  it("can be followed as it is, and says what comes of it", async () => {
    const text = await loadCorpus(corpus);
    const advice = await suggest(text, { seconds: 5 });
    const json = JSON.parse(JSON.stringify(advice)) as object;
    expect(json, "the text would bury the advice").toEqual({ ...advice, source: undefined });
    expect(advice.symbols).toBe([...text].length);
    expect(advice.alphabet).toBe(new Set(text).size);
    expect(advice.kind).toBe(corpus === "dinosaurs" ? "list" : "prose");
    expect(advice.expectedSeconds).toBeGreaterThan(0);
    expect(advice.reasons.length).toBeGreaterThanOrEqual(5);
    for (const reason of advice.reasons) expect(reason).toMatch(/^[A-Z].*\.$/);
    expect(advice.reasons.join(" ")).toContain(advice.expectedLoss.toFixed(2));

    const model = await TextModel.create({ ...advice.source, ...advice.create });
    const { validationLoss = NaN, plan } = await model.train({ ...advice.source, ...advice.train });
    await model.dispose();
    expect(plan.batchSize).toBeLessThanOrEqual(advice.train.batchSize ?? NaN);
    expect(validationLoss / advice.expectedLoss).toBeGreaterThan(0.8);
    // Of shorter runs, which are all that a machine can do that is busy with other things, nothing was measured to say.
    const isAsMeasured = Number(advice.train.epochs) * advice.symbols >= 0.14e6;
    expect(validationLoss / advice.expectedLoss).toBeLessThan(isAsMeasured ? 1.2 : 2);
  }, 60_000);
});

it("more time makes a larger model and a lower loss", async () => {
  const text = await loadCorpus("fables");
  const [short, long] = [await suggest(text, { seconds: 2 }), await suggest(text, { seconds: 600 })];
  expect(Number(long.create.hiddenSize)).toBeGreaterThan(Number(short.create.hiddenSize));
  expect(long.expectedLoss).toBeLessThan(short.expectedLoss);
  expect(long.train.dropout).toBeGreaterThan(short.train.dropout ?? NaN);
});

it("refuses what it cannot advise on", async () => {
  await failure(suggest(""), "text-too-short");
  await failure(suggest(42 as unknown as string), "invalid-option", "text");
  await failure(suggest(verse, { seconds: 0 }), "invalid-option", "seconds");
  await failure(suggest(verse, { second: 1 } as object), "unknown-option", "seconds");
  const reason = new Error("enough");
  await expect(suggest(verse, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
