// The flags that say how a text is cut, and the commands that show it.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { memoryEstimate, TextModel } from "mynah";
import { formatBytes } from "../../ts/src/cli/view/format.js";
import { extentOf } from "../../ts/src/options/presets.js";
import { jsonLines, run, small, text, useFolder } from "./run.js";

const folder = useFolder();

const train = (...args: readonly string[]) =>
  run(folder.path, ["train", "notes.txt", ...small, "--steps", "5", "--build", "simd128", ...args]);

const load = async (name = "notes.safetensors") =>
  TextModel.load(await readFile(folder.file(name)), { worker: false, build: "simd128" });

beforeEach(async () => {
  await writeFile(folder.file("notes.txt"), `The ${text}`);
});

it.each([
  [[], { tokenizer: "characters" }],
  [["--tokenizer", "bytes"], { tokenizer: "bytes", vocabularySize: 256 }],
  [["--tokenizer", "words"], { tokenizer: "words" }],
  [["--tokenizer", "graphemes", "--normalization", "NFC"], { tokenizer: "graphemes", normalization: "NFC" }],
  [
    ["--tokenizer", "bpe", "--vocabulary-size", "260", "--case-folding"],
    { vocabularySize: 260, caseFolding: true },
  ],
])("trains with %j", async (flags, info) => {
  const { status, stderr } = await train(...flags);
  expect(status, stderr).toBe(0);
  await using model = await load();
  expect(model.info).toMatchObject(info);
});

it("says what the text is cut into, and counts its characters", async () => {
  const { stderr } = await train("--tokenizer", "bpe", "--vocabulary-size", "300");
  expect(stderr).toMatch(/^Training on notes\.txt, 1,894 characters · lstm, 16 units, \d+ symbols of bpe/);
  const { stdout } = await run(folder.path, ["inspect", "notes.safetensors"]);
  expect(stdout).toMatch(/vocabulary +\d+ of bpe, without the unknown symbol/);
  expect(stdout).toContain("␣dog");
});

it("goes on with a model, whatever its tokenizer", async () => {
  await train("--tokenizer", "bpe", "--out", "first.safetensors");
  const flags = ["--steps", "3", "--batch-size", "2", "--seq-length", "8", "--out", "second.safetensors"];
  const args = ["train", "notes.txt", "--from", "first.safetensors", ...flags];
  const { status, stderr } = await run(folder.path, args);
  expect(status, stderr).toBe(0);
  await using first = await load("first.safetensors");
  await using second = await load("second.safetensors");
  expect(second.info.vocabulary).toEqual(first.info.vocabulary);
});

it("learns the vocabulary once, in the worker", async () => {
  // Whoever tells words apart in the main thread fails; the width of characters is measured there.
  const preload = `import { isMainThread } from "node:worker_threads";
    class Segmenter extends Intl.Segmenter {
      constructor(locale, options) {
        super(locale, options);
        if (options?.granularity === "word") throw new Error("words in the main thread");
      }
    }
    if (isMainThread) Intl.Segmenter = Segmenter;`;
  await writeFile(folder.file("preload.mjs"), preload);
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(folder.file("preload.mjs"))}` };
  const args = ["train", "notes.txt", ...small, "--steps", "5", "--tokenizer", "words"];
  const { status, stderr } = await run(folder.path, args, "", { env });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^Training on .* symbols of words, .* of memory /);
});

it("says how much memory a model takes that is trained further, by the vocabulary that it has", async () => {
  const words = Array.from({ length: 3000 }, (_, i) => ` word${i} word${i}`).join("\n");
  await writeFile(folder.file("notes.txt"), words);
  await train("--tokenizer", "words", "--out", "first.safetensors");
  const other = "two words\n".repeat(600);
  await writeFile(folder.file("notes.txt"), other);
  const sizes = { batchSize: 2, seqLength: 8, steps: 3, workers: 1 } as const;
  const flags = ["--steps", "3", "--batch-size", "2", "--seq-length", "8", "--workers", "1"];
  const args = ["train", "notes.txt", "--from", "first.safetensors", ...flags, "--build", "simd128"];
  const { stderr } = await run(folder.path, args);
  await using model = await load("first.safetensors");
  const { vocabularySize, hiddenSize, embeddingSize } = model.info;
  expect(vocabularySize).toBeGreaterThan(3000);
  const bytes = await memoryEstimate({
    hiddenSize: Number(hiddenSize),
    embeddingSize,
    ...sizes,
    vocabularySize,
    symbols: extentOf({ text: other }, model.info).symbols,
    worker: false,
    build: "simd128",
  });
  expect(stderr).toContain(`about ${formatBytes(bytes)} of memory`);
});

it("scores symbol by symbol", async () => {
  await train("--tokenizer", "bpe");
  const { stdout } = await run(folder.path, ["score", "notes.safetensors", "notes.txt", "--json"]);
  const symbols = jsonLines(stdout).slice(0, -1);
  await using model = await load();
  const read = await model.encode(await readFile(folder.file("notes.txt"), "utf8"));
  expect(symbols.map(({ symbol }) => symbol)).toEqual(read.symbols.slice(1));
  const people = await run(folder.path, ["score", "notes.safetensors", "notes.txt"]);
  expect(people.status).toBe(0);
});

it("writes a tokenizer.json, and trains with one", async () => {
  await train("--tokenizer", "bpe", "--vocabulary-size", "280");
  const { status, stdout } = await run(folder.path, ["tokenizer", "notes.safetensors"]);
  expect(status).toBe(0);
  await writeFile(folder.file("tokenizer.json"), stdout);
  const again = await train("--tokenizer", "tokenizer.json", "--out", "again.safetensors");
  expect(again.status, again.stderr).toBe(0);
  await using model = await load("again.safetensors");
  await using first = await load();
  expect(model.info).toMatchObject({ tokenizer: "bpe", vocabulary: first.info.vocabulary });
  await train("--out", "characters.safetensors");
  const refused = await run(folder.path, ["tokenizer", "characters.safetensors"]);
  expect(refused).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("characters") });
});

it("previews what folding changes", async () => {
  await writeFile(folder.file("odd.txt"), "The ﬁsh THE");
  const flags = ["preview", "odd.txt", "--normalization", "NFKC", "--case-folding"];
  const { stdout } = await run(folder.path, [...flags, "--json"]);
  expect(jsonLines(stdout)[0]).toEqual({ type: "change", from: "T", to: "t", count: 2, at: 0 });
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "preview", count: 5 });
  expect((await run(folder.path, flags)).stdout).toMatch(/^T → t +2\n/);
});

it.each([
  [["--tokenizer", "letters"], 2, '--tokenizer is "letters", but must be one of characters'],
  [["--tokenizer", "none.json"], 1, "none.json"],
  [["--tokenizer", "notes.json"], 1, "no JSON"],
  [["--tokenizer", "empty.json"], 2, "tokenizer.json"],
  [["--tokenizer", "bpe", "--vocabulary-size", "10"], 2, "from 257 to 65536"],
  [["--vocabulary-size", "300"], 2, "--vocabulary-size is for words"],
  [["--normalization", "nfc"], 2, "NFC"],
])("says what is wrong with %j", async (flags, expected, words) => {
  await writeFile(folder.file("notes.json"), "no JSON");
  await writeFile(folder.file("empty.json"), "{}");
  const { status, stdout, stderr } = await train(...flags);
  expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
