// What is in the package that users install, and what is not.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { linksOf } from "../docs/links.js";
import { sizes } from "../../scripts/build/sizes.mjs";
import { smallStd } from "../../scripts/build/small-std.mjs";
import { MODEL_TABLE } from "../../ts/src/options/model-table.js";
import { SAMPLE_TABLE } from "../../ts/src/options/sample-table.js";
import type { OptionSpec } from "../../ts/src/options/spec.js";
import { TRAIN_TABLE } from "../../ts/src/options/train-table.js";
import { dist, temporaryFolder } from "../support/places.js";
import { pack, type Packed } from "./packed.mjs";

const { folder, remove } = temporaryFolder("contents");
let packed: Packed;

beforeAll(() => {
  packed = pack(folder);
  const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  console.log(
    `the package: ${kib(packed.size)} packed, ${kib(packed.unpackedSize)} unpacked, ${packed.files.length} files`,
  );
});
afterAll(remove);

const FREE_LICENCES = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "Zlib", "Unicode-3.0"];

/** Everything that may be in it. */
const ALLOWED = [
  /^(package\.json|README(\.zh)?\.md|LICENSE|CHANGELOG\.md)$/,
  /^docs\/([\w-]+\/)?[\w-]+\.(md|svg)$/,
  /^dist\/(cli\.js|mynah\.1|THIRD-PARTY-LICENSES\.txt)$/,
  /^dist\/(node|browser)\/[\w.-]+\.js$/,
  /^dist\/types\/.+\.d\.ts$/,
  /^dist\/wasm\/mynah_(simd128|relaxed)\.wasm$/,
  /^dist\/corpora\/(fables|fables-zh|dinosaurs)\.txt$/,
];

it("holds everything that it needs to work", () => {
  expect(packed.files).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "README.zh.md",
      "dist/THIRD-PARTY-LICENSES.txt",
      "dist/browser/core.js",
      "dist/browser/index.js",
      "dist/browser/slim.js",
      "dist/browser/worker.js",
      "dist/cli.js",
      "dist/corpora/dinosaurs.txt",
      "dist/corpora/fables-zh.txt",
      "dist/corpora/fables.txt",
      "dist/mynah.1",
      "dist/node/core.js",
      "dist/node/index.js",
      "dist/node/worker.js",
      "dist/types/core.d.ts",
      "dist/types/index.d.ts",
      "dist/types/slim.d.ts",
      "dist/wasm/mynah_relaxed.wasm",
      "dist/wasm/mynah_simd128.wasm",
      "package.json",
    ]),
  );
});

it("holds nothing else: no sources, no tests, no tools", () => {
  expect(packed.files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))).toEqual([]);
});

it("links to nothing that is not in it", () => {
  const pages = packed.files.filter((file) => file.endsWith(".md"));
  const dead = pages.flatMap(linksOf).filter(({ file }) => !packed.files.includes(file));
  expect(pages).toContain("docs/start.md");
  expect(dead).toEqual([]);
});

it("carries work of others only under licences that ask for no more than to be named", () => {
  const text = fs.readFileSync(path.join(dist, "THIRD-PARTY-LICENSES.txt"), "utf8");
  const parts = [...text.matchAll(/^-{80}\n(\S+) \S+ \((.+)\)\n-{80}$/gm)].map(([, name, licence]) => ({
    name,
    licence,
  }));
  expect(parts.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["comlink", "commander", "wasm-bindgen"]),
  );
  const isFree = (licence = "") =>
    licence.split(" AND ").every((part) =>
      part
        .replaceAll(/[()]/g, "")
        .split(" OR ")
        .some((one) => FREE_LICENCES.includes(one)),
    );
  expect(parts.filter(({ licence }) => !isFree(licence))).toEqual([]);
});

it("is small: at most 1 MiB to download", () => {
  expect(packed.size).toBeLessThan(1024 * 1024);
});

// What a page loads beside one wasm file, gzipped; the bounds are what there was on 2026-11-26, and a little room.
it.each([
  ["JavaScript, page", 30_000],
  ["JavaScript, worker", 21_500],
  ["JavaScript, on demand", 26_500],
  ["JavaScript, mynah/core", 50_000],
])("%s: at most %i bytes, gzipped", (title, most) => {
  const zipped = sizes().find((one) => one.title === title)?.zipped ?? Number.NaN;
  console.log(`${title}: ${zipped} bytes, gzipped`);
  expect(zipped).toBeLessThanOrEqual(most);
});

// It should be 120,000: docs/performance.md says what stands in the way. With the ready-made standard library of Rust it is more.
it("a page loads at most 240,000 bytes altogether, gzipped", () => {
  const zipped = (title: string) => sizes().find((one) => one.title === title)?.zipped ?? Number.NaN;
  const wasm = Math.max(zipped("wasm, simd128"), zipped("wasm, relaxed"));
  const all = wasm + zipped("JavaScript, page") + zipped("JavaScript, worker");
  console.log(`All that a page loads: ${all} bytes, gzipped; it should be 120000`);
  expect(all).toBeLessThanOrEqual(smallStd(process.env) === undefined ? 280_000 : 240_000);
});

it("gives browsers no text of --help", () => {
  const texts = [MODEL_TABLE, TRAIN_TABLE, SAMPLE_TABLE]
    .flatMap((table) => Object.values<OptionSpec>(table))
    .flatMap(({ help, offHelp }) => [help, ...(offHelp === undefined ? [] : [offHelp])])
    // Short ones stand elsewhere, too.
    .filter((text) => text.length > 20);
  expect(texts.length).toBeGreaterThan(40);
  const files = packed.files.filter((file) => file.startsWith("dist/browser/"));
  const code = files.map((file) => fs.readFileSync(path.join(dist, "..", file), "utf8")).join("\n");
  expect(texts.filter((text) => code.includes(text))).toEqual([]);
});
