// The job that writes names which are new.
import fs from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { afterAll, expect, it } from "vitest";
import { dist, temporaryFolder } from "../support/places.js";
import { runExample, startExample } from "./program.js";

const { folder, remove } = temporaryFolder("unique-names");
afterAll(remove);

const linesOf = (text: string) => text.split("\n").slice(0, -1);

it("writes a thousand, all different, none of the dinosaurs that it has learnt", async () => {
  const { code, stdout, stderr } = await runExample("unique-names", []);
  expect(stderr).toMatch(/\n1000 of 1000 names, all different, none of the 1359 that were learnt\n$/);
  expect(code).toBe(0);
  const names = linesOf(stdout);
  expect(names).toHaveLength(1000);
  expect(new Set(names).size).toBe(1000);
  const learnt = new Set(linesOf(fs.readFileSync(path.join(dist, "corpora", "dinosaurs.txt"), "utf8")));
  expect(learnt.size).toBe(1359);
  expect(names.filter((name) => learnt.has(name))).toEqual([]);
  // They are names in the manner of the list, not noise: 57 of 100 dinosaurs end like this.
  const endings = names.filter((name) => /(?:saurus|ops|raptor|titan|don)$/.test(name));
  expect(endings.length).toBeGreaterThan(400);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThan(40);
});

it("learns another list, and writes into a file, the same with the same seed", async () => {
  const list = path.join(folder, "list.txt");
  const fruit = ["apple", "apricot", "banana", "cherry", "cranberry", "gooseberry", "mango", "orange"];
  fs.writeFileSync(list, `${fruit.join("\r\n")}\r\n\n`);
  const files = ["one.txt", "two.txt"].map((name) => path.join(folder, name));
  fs.writeFileSync(files[1] ?? "", "Oldosaurus\n".repeat(1000));
  for (const out of files) {
    const args = ["--names", list, "--out", out, "--count", "30", "--epochs", "20", "--seed", "3"];
    const { code, stdout, stderr } = await runExample("unique-names", args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("30 of 30 names, all different, none of the 8 that were learnt");
  }
  const [one = "", two] = files.map((file) => fs.readFileSync(file, "utf8"));
  expect(two).toBe(one);
  expect(new Set(linesOf(one)).size).toBe(30);
  expect(linesOf(one).filter((name) => fruit.includes(name))).toEqual([]);
});

it("says so when fewer can be made, and keeps those", async () => {
  const list = path.join(folder, "two.txt");
  fs.writeFileSync(list, "ab\nba\n");
  const args = ["--names", list, "--count", "20000", "--epochs", "60", "--temperature", "0.3"];
  const { code, stdout, stderr } = await runExample("unique-names", args);
  const names = linesOf(stdout);
  expect(code).toBe(1);
  expect(names.length).toBeGreaterThan(0);
  expect(names.length).toBeLessThan(20_000);
  expect(stderr).toContain(`${names.length} of 20000 names, all different, none of the 2 that were learnt`);
});

it("stops at Ctrl-C and keeps what there is", async () => {
  const out = path.join(folder, "stopped.txt");
  const args = ["--count", "100000", "--epochs", "1", "--temperature", "1.5", "--out", out];
  const { child, ended } = startExample("unique-names", args);
  let progress = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (progress += piece));
  while (!fs.existsSync(out) || fs.statSync(out).size === 0)
    await new Promise((turn) => setTimeout(turn, 20));
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  const names = linesOf(fs.readFileSync(out, "utf8"));
  expect(names.length).toBeGreaterThan(0);
  expect(names.length).toBeLessThan(100_000);
  expect(new Set(names).size).toBe(names.length);
  expect(progress).toContain(`${names.length} of 100000 names`);
});

it("ends when nobody reads any more", async () => {
  const args = ["--count", "100000", "--epochs", "1", "--temperature", "1.5"];
  const { child, ended } = startExample("unique-names", args);
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (told += piece));
  child.stdout.once("data", () => (child.stdout as Readable).destroy());
  expect(await ended).toBe(0);
  expect(told).toMatch(/learning 100 %, loss \S+ \n$/);
});

it.each([undefined, "Oldosaurus\n"])(
  "stops at Ctrl-C while it learns, and leaves a file with %j",
  async (before) => {
    const out = path.join(folder, "before.txt");
    if (before !== undefined) fs.writeFileSync(out, before);
    const { child, ended } = startExample("unique-names", ["--epochs", "10000", "--out", out]);
    let progress = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      if (progress === "") child.kill("SIGINT");
      progress += piece;
    });
    expect(await ended).toBe(130);
    expect(progress).toMatch(/stopped before the first name\n$/);
    expect(fs.existsSync(out) ? fs.readFileSync(out, "utf8") : undefined).toBe(before);
  },
);

it("leaves a file as it was when no name is new", async () => {
  const [list, out] = ["one.txt", "kept.txt"].map((name) => path.join(folder, name)) as [string, string];
  fs.writeFileSync(list, "aa\n".repeat(50));
  fs.writeFileSync(out, "Oldosaurus\n");
  const args = ["--names", list, "--epochs", "100", "--temperature", "0", "--out", out];
  const { code, stderr } = await runExample("unique-names", args);
  expect(stderr).toContain("0 of 1000 names");
  expect(code).toBe(1);
  expect(fs.readFileSync(out, "utf8")).toBe("Oldosaurus\n");
});

it.each([
  [["--names", path.join(folder, "none.txt")], "no such file"],
  [["--out", folder], "which is a folder"],
  [["--out", path.join(folder, "none", "names.txt")], "no such file"],
])("refuses %j in words, before it learns", async (args, words) => {
  const { code, stdout, stderr } = await runExample("unique-names", args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).toContain(words);
});
