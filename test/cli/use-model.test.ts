// mynah sample, eval and inspect on a model that was trained once for all of them.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { withoutMetadata } from "../api/foreign.js";
import { jsonLines, run, small, text } from "./run.js";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-cli-"));
  await writeFile(join(folder, "notes.txt"), text);
  const { status, stderr } = await run(folder, [
    "train",
    "notes.txt",
    ...small,
    "--steps",
    "60",
    "--out",
    "model",
  ]);
  expect(status, stderr).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const loadModel = async () =>
  TextModel.load(await readFile(join(folder, "model")), { worker: false, build: "simd128" });

describe("mynah sample", () => {
  const sample = (...args: readonly string[]) =>
    run(folder, ["sample", "model", "--build", "simd128", ...args]);

  it("writes the prompt and what follows it, and a line end", async () => {
    const { status, stdout, stderr } = await sample(
      "--prompt",
      "the ",
      "--length",
      "40",
      "--seed",
      "7",
      "--temperature",
      "0.5",
    );
    const model = await loadModel();
    const written = await model.sampleText({ prompt: "the ", length: 40, seed: 7, temperature: 0.5 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.trimEnd()).toBe(`the ${written}`.trimEnd());
    expect(stdout.endsWith("\n")).toBe(true);
  });

  it.each([
    ["the ", "the \n"],
    ["the cat\n", "the cat\n"],
    ["", "\n"],
  ])("gives the prompt %j alone with --length 0", async (prompt, shown) => {
    const { stdout } = await sample("--prompt", prompt, "--length", "0");
    expect(stdout).toBe(shown);
  });

  it("gives the text alone with --json", async () => {
    const { stdout } = await sample("--prompt", "the ", "--length", "40", "--seed", "7", "--json");
    const model = await loadModel();
    const written = await model.sampleText({ prompt: "the ", length: 40, seed: 7 });
    expect(jsonLines(stdout)).toEqual([
      { type: "sample", text: written, tokens: 40, seconds: expect.any(Number) },
    ]);
  });

  it("writes several texts, each below its prompt", async () => {
    const model = await loadModel();
    const textsOf = async (seed: number) => {
      const texts: string[] = [];
      const settings = { prompt: "the ", length: 12, seed, count: 3 };
      for await (const written of model.sampleMany(settings)) texts.push(written);
      return texts;
    };
    // Three of which the second alone has several lines.
    const seeds = Array.from({ length: 300 }, (_, seed) => seed);
    let [chosen, texts] = [-1, [] as string[]];
    for (const seed of seeds) {
      [chosen, texts] = [seed, await textsOf(seed)];
      const [first, second, third] = texts.map((written) => written.includes("\n"));
      if (!first && second && !third) break;
    }
    const flags = ["--prompt", "the ", "--length", "12", "--seed", String(chosen), "--count", "3"];
    const { status, stdout, stderr } = await sample(...flags);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // Around several lines empty ones, but not at the end.
    expect(stdout).toBe(`the ${texts[0]}\n\nthe ${texts[1]}\n\nthe ${texts[2]}\n`);
    const json = await sample(...flags, "--json");
    expect(jsonLines(json.stdout)).toMatchObject(
      texts.map((written) => ({ type: "sample", text: written, tokens: 12 })),
    );
  });

  it("writes with weights in 8 bits", async () => {
    const flags = ["--length", "60", "--seed", "7", "--quantize", "int8"];
    const model = await loadModel();
    expect((await sample(...flags)).stdout.trimEnd()).toBe(
      (await model.sampleText({ length: 60, seed: 7, quantize: "int8" })).trimEnd(),
    );
  });

  it("is random without a seed", async () => {
    expect((await sample()).stdout).not.toBe((await sample()).stdout);
  });

  it.each([["--json"], []])("refuses a prompt with unknown symbols: %s", async (...flags) => {
    const { status, stdout, stderr } = await sample("--prompt", "the § cat", "--unknown", "error", ...flags);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^mynah: .*§.*--unknown.*\n$/);
  });

  it("reads them as their bytes otherwise", async () => {
    const { status, stdout } = await sample("--prompt", "the § cat", "--length", "5");
    expect(status).toBe(0);
    expect(stdout.startsWith("the § cat")).toBe(true);
  });
});

describe("the options of mynah sample", () => {
  const flags = ["--build", "simd128", "--length", "60", "--seed", "7"];
  const sample = (...args: readonly string[]) => run(folder, ["sample", "model", ...flags, ...args]);
  const settings = { length: 60, seed: 7 } as const;

  it.each([
    [
      ["--top-k", "3", "--typical-p", "0.9", "--top-p", "0.9", "--min-p", "0.05"],
      { topK: 3, typicalP: 0.9, topP: 0.9, minP: 0.05 },
    ],
    [["--repetition-penalty", "1.2", "--repeat-last-n", "8"], { repetitionPenalty: 1.2, repeatLastN: 8 }],
    [
      ["--presence-penalty", "-1", "--frequency-penalty", "0.5"],
      { presencePenalty: -1, frequencyPenalty: 0.5 },
    ],
    [["--no-repeat-ngram", "4", "--banned", "gw"], { noRepeatNgram: 4, banned: "gw" }],
    [["--logit-bias", '{"e":-9,"\\n":2}'], { logitBias: { e: -9, "\n": 2 } }],
    [["--allowed-pattern", "(the [a-z]+ ?)*"], { allowedPattern: "(the [a-z]+ ?)*" }],
    [["--stop", "the", "--stop", "th"], { stop: ["the", "th"] }],
    [["--stop", "t", "--min-length", "20"], { stop: "t", minLength: 20 }],
  ] as const)("%j are those of model.sample", async (args, options) => {
    const { status, stdout, stderr } = await sample(...args);
    await using model = await loadModel();
    const written = await model.sampleText({ ...settings, ...options });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(written.endsWith("\n") ? written : `${written}\n`);
    expect(written).not.toBe(await model.sampleText(settings));
  });

  it("leave out what came before, or stands in a file", async () => {
    await writeFile(join(folder, "seen.txt"), "the cat\nsaw");
    const many = ["--length", "2", "--count", "20", "--json"];
    const written = async (...args: readonly string[]) =>
      jsonLines((await sample(...many, ...args)).stdout).map((line) => String(line["text"]));
    const [plain, unique] = [await written(), await written("--unique")];
    expect(new Set(unique).size).toBe(20);
    expect(new Set(plain).size).toBeLessThan(20);
    const differing = await written("--not-in-corpus", "seen.txt");
    expect(differing.filter((one) => "the cat\nsaw".includes(one))).toEqual([]);
    expect(plain.some((one) => "the cat\nsaw".includes(one))).toBe(true);
    // Without --count it is one text, which is shown when it is whole.
    const one = await sample("--length", "2", "--not-in-corpus", "seen.txt");
    expect(one.stdout.slice(0, 2)).toBe(differing[0]);
  });

  it("compare a model of documents with the lines of a file", async () => {
    await writeFile(join(folder, "names.txt"), "anna\nbo\n");
    const training = ["--documents", "--steps", "150", "--learning-rate", "0.02", "--out", "names"];
    await run(folder, ["train", "names.txt", ...small, ...training]);
    const args = [
      "sample",
      "names",
      "--seed",
      "1",
      "--length",
      "9",
      "--count",
      "8",
      "--unique",
      "--temperature",
      "1",
    ];
    const { stdout } = await run(folder, [...args, "--not-in-corpus", "names.txt", "--json"]);
    const names = jsonLines(stdout).map((line) => line["text"]);
    expect(names).toHaveLength(8);
    expect(names).not.toContain("anna");
    expect(names).not.toContain("bo");
  });

  it.each([
    [["--top-p", "1.5"], 2, /^mynah: --top-p is 1.5, but must be from 0 to 1\n$/],
    [["--typical-p", "-1"], 2, /^mynah: --typical-p is -1, but must be from 0 to 1\n$/],
    [["--min-p", "2"], 2, /^mynah: --min-p is 2, but must be from 0 to 1\n$/],
    [["--repetition-penalty", "0"], 2, /^mynah: --repetition-penalty is 0, but must be from 0.1 to 10\n$/],
    [["--presence-penalty", "101"], 2, /^mynah: --presence-penalty is 101/],
    [["--frequency-penalty", "101"], 2, /^mynah: --frequency-penalty is 101/],
    [
      ["--logit-bias", '{"§":1}'],
      2,
      /^mynah: --logit-bias is for "§", but must be for symbols that the model knows\n$/,
    ],
    [["--allowed-pattern", "a(?=b)"], 2, /^mynah: --allowed-pattern is .* without lookahead/],
    [["--allowed-pattern", "a", "--stop", "a"], 2, /^mynah: --allowed-pattern and --stop exclude each other/],
    [["--stop", ""], 2, /^mynah: --stop is empty, but must be of 1 to 1000 symbols\n$/],
    [["--min-length", "61"], 2, /^mynah: --min-length is 61, but must be at most the length, 60\n$/],
    [
      ["--banned", "thesacdogwl. \n"],
      1,
      /^mynah: no symbol is left to write .*: every one is forbidden by --banned;/,
    ],
    [["--not-in-corpus", "nothing.txt"], 1, /^mynah: There is no file nothing.txt\n$/],
    [
      ["--length", "0", "--count", "2", "--unique"],
      1,
      /^mynah: only 1 of 2 texts are new.*; ask for fewer, or raise --temperature\n$/,
    ],
    [
      ["--allowed-pattern", "\\d{3}"],
      2,
      /^mynah: --allowed-pattern is "\\d\{3\}", but .* does not know, or may not write, "0"\n$/,
    ],
  ] as const)("%j is refused", async (args, expected, words) => {
    const { status, stdout, stderr } = await sample(...args);
    expect(stderr).toMatch(words);
    expect(status).toBe(expected);
    expect(stdout.trim()).toBe("");
  });
});

describe("mynah eval", () => {
  it("gives one object with --json", async () => {
    const { status, stdout } = await run(folder, [
      "eval",
      "model",
      "notes.txt",
      "--build",
      "simd128",
      "--json",
    ]);
    const model = await loadModel();
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toEqual([{ type: "eval", ...(await model.evaluate({ text })) }]);
  });

  it("gives a table to people", async () => {
    const { stdout } = await run(folder, ["eval", "model", "notes.txt"]);
    expect(stdout).toMatch(
      /^loss +\d\.\d{3} nats per symbol\nperplexity +\d.*\nbits per byte .*\naccuracy .* %\nsymbols +1,889\n$/,
    );
  });

  it("reads stdin and corpora", async () => {
    const fromStdin = await run(folder, ["eval", "model", "-", "--json"], text);
    expect(jsonLines(fromStdin.stdout)).toMatchObject([{ tokens: text.length - 1 }]);
    const ofCorpus = await run(folder, [
      "eval",
      "model",
      "--corpus",
      "dinosaurs",
      "--streams",
      "8",
      "--json",
    ]);
    expect(jsonLines(ofCorpus.stdout)).toMatchObject([{ type: "eval" }]);
  });
});

describe("mynah inspect", () => {
  it("gives one object with --json", async () => {
    const { status, stdout } = await run(folder, ["inspect", "model", "--json"]);
    const { info } = await loadModel();
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toEqual([{ type: "inspect", path: "model", ...info }]);
  });

  it("shows sizes, tensors and the vocabulary to people", async () => {
    const { stdout } = await run(folder, ["inspect", "model"]);
    expect(stdout).toMatch(/^model +lstm, 16 units$/m);
    expect(stdout).toMatch(/rnn\.weight_hh_l0 +64 × 16$/m);
    expect(stdout).toMatch(/^vocabulary +15, with the unknown symbol$/m);
    expect(stdout).toContain("\\n .acdeghlostw");
  });
});

describe("a file of another program", () => {
  beforeAll(async () => {
    const model = await TextModel.create({ text: "abc", cell: "rnn", activation: "relu", worker: false });
    await writeFile(join(folder, "foreign"), withoutMetadata(await model.save()));
    await model.dispose();
  });

  it("is used with --symbols and --activation", async () => {
    const args = ["foreign", "--symbols", "?abc", "--activation", "relu"];
    const inspected = await run(folder, ["inspect", ...args]);
    expect(inspected.stdout).toMatch(/^model +rnn \(relu\), 64 units$/m);
    expect(inspected.stdout).toMatch(/^vocabulary +4, without the unknown symbol$/m);
    const sampled = await run(folder, ["sample", ...args, "--length", "5", "--json"]);
    expect(jsonLines(sampled.stdout)).toMatchObject([{ tokens: 5 }]);
    const evaluated = await run(folder, ["eval", ...args, "-", "--json"], "abcabc");
    expect(jsonLines(evaluated.stdout)).toMatchObject([{ tokens: 5 }]);
  });

  it("is refused without symbols, with the flag that is missing", async () => {
    const { status, stderr } = await run(folder, ["inspect", "foreign"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^mynah: foreign: .*symbols\n$/);
  });
});
