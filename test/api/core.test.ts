// mynah/core: no workers, and files where one says.
import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { dist } from "../support/places.js";

const text = "the cat sat on the mat. ".repeat(40);
const options = { text, hiddenSize: 8, seed: 1 } as const;
const file = path.join(dist, "wasm", "mynah_simd128.wasm");

/** Not with `failure`, which knows the class of mynah's own errors alone. */
const refused = (call: PromiseLike<unknown>, code: string, words: string) =>
  expect(call).rejects.toMatchObject({ name: "MynahError", code, message: expect.stringContaining(words) });

/** A fresh copy for each test: what is loaded once stays. */
let core: typeof import("mynah/core");
let copies = 0;
beforeEach(async () => {
  copies += 1;
  core = await import(`${path.join(dist, "node", "core.js")}?copy=${copies}`);
});

it("trains and writes in the thread that made the model, without a word", async () => {
  const warn = vi.spyOn(console, "warn");
  await using model = await core.TextModel.create(options);
  expect(model.hasWorker).toBe(false);
  const { steps } = await model.train({ text, steps: 3, batchSize: 2, seqLength: 8 });
  expect(steps).toBe(3);
  expect(await model.sampleText({ length: 5 })).toHaveLength(5);
  expect(core.PLACE_DEFAULTS.worker).toBe(false);
  expect(warn).not.toHaveBeenCalled();
});

it("refuses to start workers", async () => {
  await refused(
    core.TextModel.create({ ...options, worker: true }),
    "missing-option",
    "mynah/core starts none",
  );
  await using model = await core.TextModel.create(options);
  const training = model.train({ text, steps: 3, batchSize: 2, seqLength: 8, workers: 2 });
  await refused(training.next(), "missing-option", "mynah/core starts none");
});

it.each([
  ["a path", () => file],
  ["bytes", () => new Uint8Array(fs.readFileSync(file))],
  ["a module", () => new WebAssembly.Module(fs.readFileSync(file))],
])("takes its WebAssembly as %s", async (_, source) => {
  core.configure({ wasm: { simd128: source() } });
  await using model = await core.TextModel.create({ ...options, build: "simd128" });
  expect(model.build).toBe("simd128");
});

it("looks where it is told", async () => {
  core.configure({ wasm: { simd128: "nowhere.wasm" }, corpora: { dinosaurs: path.join(dist, "mynah.1") } });
  await refused(core.TextModel.create({ ...options, build: "simd128" }), "wasm-unavailable", "nowhere.wasm");
  expect(await core.loadCorpus("dinosaurs")).toContain("mynah train");
});

it("says what it does not know", () => {
  const configure = core.configure as (places: unknown) => void;
  const refusal = (message: string) => expect.objectContaining({ code: "unknown-option", message });
  expect(() => configure({ wams: {} })).toThrow(
    refusal(`mynah/core's configure has no option "wams"; did you mean "wasm"?`),
  );
  expect(() => configure({ worker: "worker.js" })).toThrow(
    refusal(`mynah/core's configure has no option "worker"; it knows wasm, corpora`),
  );
  expect(() => configure({ wasm: { simd: "" } })).toThrow(
    refusal(`wasm has no option "simd"; it knows simd128, relaxed`),
  );
  expect(() => configure({ corpora: { dinosaur: "" } })).toThrow(
    refusal(`corpora has no option "dinosaur"; did you mean "dinosaurs"?`),
  );
  expect(() => configure("wasm")).toThrow("configure takes one object with wasm, corpora, got");
});

it("says what is no place", async () => {
  const configure = core.configure as (places: unknown) => void;
  const refusal = (message: string) => expect.objectContaining({ code: "invalid-option", message });
  for (const [places, message] of [
    [null, "configure takes one object with wasm, corpora, got null"],
    [{ wasm: null }, `configure: wasm is null, but must be one object with simd128, relaxed`],
    [{ wasm: "mynah.wasm" }, `configure: wasm is "mynah.wasm", but must be one object with simd128, relaxed`],
    [
      { wasm: { relaxed: null } },
      `configure: wasm.relaxed is null, but must be a URL, a path, bytes or a WebAssembly.Module`,
    ],
    [
      { corpora: null },
      `configure: corpora is null, but must be one object with fables, fables-zh, dinosaurs`,
    ],
    [{ corpora: { dinosaurs: null } }, `configure: corpora.dinosaurs is null, but must be a URL or a path`],
    [{ corpora: { dinosaurs: 7 } }, `configure: corpora.dinosaurs is 7, but must be a URL or a path`],
  ] as const) {
    expect(() => configure(places)).toThrow(refusal(message));
  }
  configure({ wasm: undefined, corpora: { dinosaurs: undefined } });
  expect(await core.loadCorpus("dinosaurs"), "what was refused counts for nothing").toContain("saurus");
});
