import path from "node:path";
import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { dist } from "../support/places.js";

const inBrowser = path.join(dist, "browser");

const entries = {
  mynah: () => import("mynah"),
  "mynah as browsers have it": () => import(path.join(inBrowser, "index.js")),
  "mynah/core as browsers have it": () => import(path.join(inBrowser, "core.js")),
  "mynah/slim": () => import("mynah/slim"),
  "mynah/core": () => import("mynah/core"),
};

it.each(Object.entries(entries))(
  "importing %s starts no worker and touches no WebAssembly",
  async (_, load) => {
    const start = vi.spyOn(Worker.prototype, "postMessage");
    const touched: string[] = [];
    vi.stubGlobal(
      "WebAssembly",
      new Proxy(WebAssembly, {
        get(target, name) {
          touched.push(String(name));
          return Reflect.get(target, name);
        },
      }),
    );
    await load();
    vi.unstubAllGlobals();
    expect(touched).toEqual([]);
    expect(start).not.toHaveBeenCalled();
  },
);

it("exports the public names and no others", async () => {
  expect(Object.keys(await import("mynah")).toSorted()).toEqual([
    "AUTOSAVE_DEFAULTS",
    "COMPLETION_DEFAULTS",
    "EMBED_DEFAULTS",
    "EVALUATE_DEFAULTS",
    "FILL_DEFAULTS",
    "GRADIENT_DEFAULTS",
    "INPUT_GRADIENT_DEFAULTS",
    "LIVE_SAMPLE_DEFAULTS",
    "MODEL_DEFAULTS",
    "MynahError",
    "OVERLAP_DEFAULTS",
    "PLACE_DEFAULTS",
    "POOL_DEFAULTS",
    "PRESET_DEFAULT",
    "RUN_DEFAULTS",
    "SAMPLE_DEFAULTS",
    "SAVE_DEFAULTS",
    "SCORE_DEFAULTS",
    "SUGGEST_DEFAULTS",
    "TOKENIZER_DEFAULTS",
    "TRAIN_DEFAULTS",
    "TextModel",
    "corpora",
    "createPool",
    "listModels",
    "loadCorpus",
    "loadModel",
    "memoryEstimate",
    "oneHot",
    "overlap",
    "padSequences",
    "previewFolding",
    "removeModel",
    "renameModel",
    "saveModel",
    "similarity",
    "suggest",
  ]);
});

it("the other entries export the same, configure besides, and core no pools", async () => {
  const names = Object.keys(await import("mynah"));
  const ofPools = ["POOL_DEFAULTS", "createPool"];
  expect(Object.keys(await import("mynah/slim")).toSorted()).toEqual([...names, "configure"].toSorted());
  expect(Object.keys(await import("mynah/core")).toSorted()).toEqual(
    [...names.filter((name) => !ofPools.includes(name)), "configure"].toSorted(),
  );
});

it("the corpora can be read", async () => {
  const { corpora, loadCorpus } = await import("mynah");
  for (const name of corpora) expect((await loadCorpus(name)).length).toBeGreaterThan(7000);
});
