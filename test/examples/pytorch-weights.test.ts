// The page that opens what PyTorch has saved.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { whyNoChromium } from "../support/chromium.js";
import { dist, root } from "../support/places.js";
import { openedPage } from "./page.js";

/** What a PyTorch user saved (test/golden/pytorch_model.py), and characters for its 13 symbols, a line end among them. */
const WEIGHTS = path.join(root, "test", "golden", "pytorch-model.safetensors");
const SYMBOLS = "\n abcdefghijk";

const { TextModel } = (await import(path.join(dist, "node", "index.js"))) as typeof import("mynah");

describe.skipIf(whyNoChromium !== undefined)("the page of PyTorch's weights", () => {
  const opened = openedPage("pytorch-weights");
  const { press, isIdle } = opened;
  const textFile = (text: string) => ({
    name: "text.txt",
    mimeType: "text/plain",
    buffer: Buffer.from(text),
  });

  async function open(symbols: string): Promise<void> {
    await opened.page.getByLabel("Weights").setInputFiles(WEIGHTS);
    await opened.page.getByLabel("Alphabet").setInputFiles(textFile(symbols));
    await press("Open");
    await isIdle();
  }

  it("writes what the same file writes in Node", async () => {
    const { page } = opened;
    await open(SYMBOLS);
    expect(await page.locator("#model").textContent()).toBe(
      "LSTM, layers: 1, units: 16, symbols: 13, 1,989 parameters.",
    );
    await page.getByLabel("Begins with").fill("abc");
    await page.getByRole("slider").fill("0");
    await page.getByLabel("Characters").fill("40");
    await press("Write");
    await isIdle();
    await using model = await TextModel.load(fs.readFileSync(WEIGHTS), { symbols: SYMBOLS });
    const expected = await model.sampleText({ prompt: "abc", temperature: 0, length: 40 });
    expect(expected).toHaveLength(40);
    expect(await page.locator("#written").textContent()).toBe(`abc${expected}`);
  });

  it("has a small pair of files by PyTorch, which writes names of dinosaurs", async () => {
    const { page } = opened;
    await press("Try it with a small pair of files");
    await isIdle();
    expect(await page.locator("#model").textContent()).toBe(
      "LSTM, layers: 1, units: 40, symbols: 53, 12,301 parameters.",
    );
    await press("Write");
    await isIdle();
    expect(await page.locator("#written").textContent()).toMatch(/[A-Z][a-z]+saurus\n/);
  });

  it("opens a file of mynah's own, and says that it needs no alphabet", async () => {
    const { page } = opened;
    await using model = await TextModel.create({ text: "abcd ".repeat(50), hiddenSize: 8 });
    const buffer = Buffer.from(await model.save());
    await open(SYMBOLS);
    await page.getByLabel("Weights").setInputFiles({ ...textFile(""), name: "own.safetensors", buffer });
    await press("Open");
    await isIdle();
    expect(await page.locator("#model").textContent()).toMatch(/has its alphabet in it; no other is read\.$/);
    await press("Write");
    await isIdle();
    expect(await page.locator("#written").textContent()).toMatch(/^[?abcd ]+$/);
  });

  it("trains it further, and gives a file with PyTorch's names", async () => {
    const { page } = opened;
    await open(SYMBOLS);
    const text = "a bad cab\nfed a jackdaw".replaceAll(/[^\n a-k]/g, "").repeat(100);
    await page.getByLabel("A text").setInputFiles(textFile(text));
    await page.getByLabel("Seconds").fill("2");
    await press("Train");
    await page.getByRole("link", { name: "Save for PyTorch" }).waitFor();
    const figures = (await page.locator("#figures").textContent()) ?? "";
    const [, before, now] =
      /^Loss on this text: ([\d.]+) nats a character before, ([\d.]+) now\.$/.exec(figures) ?? [];
    expect(Number(now)).toBeLessThan(Number(before));

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Save for PyTorch" }).click();
    await using trained = await TextModel.load(fs.readFileSync(await (await download).path()));
    expect((await trained.evaluate({ text })).loss).toBeCloseTo(Number(now), 2);
    expect(trained.info.tensors.map(({ name }) => name)).toEqual([
      "embedding.weight",
      "rnn.weight_ih_l0",
      "rnn.weight_hh_l0",
      "rnn.bias_ih_l0",
      "rnn.bias_hh_l0",
      "linear.weight",
      "linear.bias",
    ]);
  });

  it("says which of the files is wrong, and in what", async () => {
    const { page } = opened;
    await press("Open");
    expect(await page.getByLabel("Weights").evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await page.getByRole("alert").textContent()).toBe("");
    await page.getByLabel("Weights").setInputFiles(WEIGHTS);
    await press("Open");
    await isIdle();
    expect(await page.getByRole("alert").textContent()).toMatch(/choose its alphabet, too\.$/);
    await open("abc");
    expect(await page.getByRole("alert").textContent()).toMatch(
      /^The alphabet does not belong to these weights: symbols is 3 symbols, but must be 13/,
    );
    await page.getByLabel("Weights").setInputFiles({ ...textFile("abc"), name: "text.safetensors" });
    await press("Open");
    await isIdle();
    expect(await page.getByRole("alert").textContent()).toMatch(/^not a usable model file: /);
    expect(await page.getByRole("button", { name: "Write" }).isVisible()).toBe(false);
    await open(SYMBOLS);
    expect(await page.getByRole("alert").textContent()).toBe("");
  });
});

it("has a program in Python that compiles, for a model of the same parts as the one that PyTorch saved", () => {
  const program = path.join(root, "ts", "examples", "pytorch-weights", "train.py");
  const source = fs.readFileSync(program, "utf8");
  const file = fs.readFileSync(WEIGHTS);
  const header = file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString();
  const modules = new Set(Object.keys(JSON.parse(header)).map((name) => name.split(".")[0]));
  // Three modules each; what they are called is their author's choice.
  expect(modules.size).toBe(3);
  expect(source.match(/self\.\w+ = nn\.(Embedding|LSTM|Linear)\(/g)).toHaveLength(modules.size);
  const python = spawnSync("python3", [
    "-c",
    "import ast, sys; ast.parse(open(sys.argv[1]).read())",
    program,
  ]);
  // Where there is no Python nothing can be said.
  if (python.error === undefined) expect(python.stderr.toString()).toBe("");
});
