// The packed package in an empty Node project: as a library, with its types, and as a command.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, temporaryFolder } from "../support/places.js";
import { BUILD_TOOLS, pack, Project } from "./packed.mjs";

const { folder, remove } = temporaryFolder("tarball");
let project: Project;

beforeAll(() => {
  project = new Project(path.join(import.meta.dirname, "node-project"), pack(folder).tarball);
});
afterAll(() => {
  project?.[Symbol.dispose]();
  remove();
});

it.each(BUILD_TOOLS)("has no %s in this project (or these tests would prove nothing)", (tool) => {
  const result = spawnSync("sh", ["-c", `command -v ${tool}`], { env: project.env });
  expect(result.status).not.toBe(0);
});

it("installs nothing but itself", () => {
  const installed = fs
    .readdirSync(path.join(project.folder, "node_modules"))
    .filter((name) => !name.startsWith("."));
  expect(installed).toEqual(["mynah"]);
});

it("trains, saves, loads and writes from a script", () => {
  const result = JSON.parse(project.run("node", ["write.mjs"])) as {
    first: number;
    last: number;
    bytes: number;
    written: string;
  };
  expect(result.last).toBeLessThan(result.first * 0.7);
  expect(result.bytes).toBeGreaterThan(10_000);
  expect([...result.written]).toHaveLength(40);
});

it.each([
  "mynah/slim",
  "mynah/core",
  "mynah/worker",
  "mynah/package.json",
  "mynah/wasm/mynah_simd128.wasm",
  "mynah/wasm/mynah_relaxed.wasm",
])("exports %s", (name) => {
  const file = project.run("node", ["-p", `require.resolve(${JSON.stringify(name)})`]).trim();
  expect(fs.statSync(file).size).toBeGreaterThan(100);
});

it("brings its manual page to where man(1) looks for it", () => {
  const prefix = path.join(project.folder, "global");
  const flags = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", prefix];
  project.run("npm", ["install", "--global", ...flags, project.tarball]);
  const page = fs.readFileSync(path.join(prefix, "share", "man", "man1", "mynah.1"), "utf8");
  expect(page).toMatch(/^\.TH MYNAH 1 /);
});

describe("the command", () => {
  const mynah = (...args: string[]) => project.run("npx", ["--offline", "mynah", ...args]);
  const lastLine = (output: string): unknown => JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");

  it("explains itself", () => {
    expect(mynah("--help")).toMatch(/train[^]*sample[^]*eval[^]*inspect/);
  });

  it("says the package's version", () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
      version: string;
    };
    expect(mynah("--version").trim()).toBe(version);
  });

  it("trains on a file and samples from the model", () => {
    fs.writeFileSync(path.join(project.folder, "notes.txt"), "a rose is a rose is a rose.\n".repeat(100));
    const trained = mynah(
      "train",
      "notes.txt",
      "--steps",
      "30",
      "--hidden-size",
      "32",
      "--seed",
      "1",
      "--json",
    );
    expect(lastLine(trained)).toMatchObject({ type: "done", steps: 30 });
    expect(fs.existsSync(path.join(project.folder, "notes.safetensors"))).toBe(true);
    const sampled = mynah("sample", "notes.safetensors", "--length", "50", "--seed", "1", "--json");
    expect(lastLine(sampled)).toMatchObject({ type: "sample", tokens: 50 });
  });
});
