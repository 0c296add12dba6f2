import { readFile, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { jsonLines, run, small, text, useFolder } from "./run.js";

const folder = useFolder();

beforeEach(async () => {
  await writeFile(folder.file("notes.txt"), text);
});

describe("mynah score", () => {
  beforeEach(async () => {
    await run(folder.path, ["train", "notes.txt", ...small, "--steps", "20", "--out", "m.safetensors"]);
  });

  it("tells each symbol and the totals as JSON lines", async () => {
    const args = ["score", "m.safetensors", "notes.txt", "--json", "--alternatives", "2"];
    const { status, stdout } = await run(folder.path, args);
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    const symbols = lines.slice(0, -1);
    expect(symbols).toHaveLength(text.length - 1);
    expect(symbols.map(({ symbol }) => symbol).join("")).toBe(text.slice(1));
    expect(symbols[0]).toMatchObject({ type: "symbol", at: 1, symbol: "h" });
    expect(symbols[0]?.["alternatives"]).toHaveLength(2);
    const total = lines.at(-1);
    expect(total).toMatchObject({ type: "score", tokens: text.length - 1 });
    const { stdout: evaluated } = await run(folder.path, ["eval", "m.safetensors", "notes.txt", "--json"]);
    expect({ ...total, type: "eval" }).toEqual(jsonLines(evaluated)[0]);
  });

  it("shows people the totals and the most surprising places, without colours in a pipe", async () => {
    const { status, stdout, stderr } = await run(folder.path, ["score", "m.safetensors", "-"], "the Zebra\n");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^loss +\d/);
    expect(stdout).toContain("the [Z]ebra⏎");
    expect(stdout).not.toContain("\u001B");
  });

  it("says what is wrong", async () => {
    const outcome = (...args: string[]) => run(folder.path, ["score", ...args]);
    expect(await outcome("m.safetensors")).toMatchObject({ status: 2 });
    expect(await outcome("m.safetensors", "none.txt")).toMatchObject({ status: 1 });
    await writeFile(folder.file("empty.txt"), "");
    expect((await outcome("m.safetensors", "empty.txt")).status).toBe(1);
    const bad = await outcome("m.safetensors", "notes.txt", "--alternatives", "1001");
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining("--alternatives")]);
    expect((await outcome("notes.txt", "notes.txt")).stderr).toContain("not a usable model file");
  });
});

describe("mynah overlap", () => {
  const copied = "the dog saw the owl. the owl saw the cat.";

  beforeEach(async () => {
    await writeFile(folder.file("sample.txt"), `Zebra§${copied}§Zebra`);
  });

  it("tells the runs and their share as JSON lines", async () => {
    const { status, stdout } = await run(folder.path, ["overlap", "sample.txt", "notes.txt", "--json"]);
    expect(status).toBe(0);
    const [found, total] = jsonLines(stdout);
    const corpus = await readFile(folder.file("notes.txt"), "utf8");
    expect(found).toMatchObject({ type: "run", text: copied, at: 6, inCorpusAt: corpus.indexOf(copied) });
    expect(total).toMatchObject({ type: "overlap", covered: copied.length });
  });

  it("shows them to people", async () => {
    const { status, stdout } = await run(folder.path, ["overlap", "-", "notes.txt"], `😀§${copied}§`);
    expect(status).toBe(0);
    expect(stdout).toContain(
      `${copied.length} long, at 3, in the corpus at ${text.indexOf(copied)}\n${copied}\n`,
    );
    expect(stdout).toContain("% of the text");
  });

  it("reads lists, and what comes with mynah", async () => {
    const args = ["overlap", "sample.txt", "notes.txt", "--documents", "--min-length", "10", "--json"];
    const [found] = jsonLines((await run(folder.path, args)).stdout);
    expect(found).toMatchObject({ document: 0 });
    expect((await run(folder.path, ["overlap", "sample.txt", "--corpus", "fables"])).status).toBe(0);
  });

  it("says what is wrong", async () => {
    const outcome = (...args: string[]) => run(folder.path, ["overlap", ...args]);
    expect(await outcome("sample.txt")).toMatchObject({ status: 2 });
    expect(await outcome("-", "-")).toMatchObject({ status: 2 });
    expect(await outcome("sample.txt", "none.txt")).toMatchObject({ status: 1 });
    expect(await outcome("sample.txt", "notes.txt", "--min-length", "0")).toMatchObject({ status: 2 });
    expect(await outcome("sample.txt", "notes.txt", "--corpus", "fables")).toMatchObject({ status: 2 });
  });
});
