// Models for the tests: small, quick, and disposed of after each test. Every place that a model can run in has the same tests.
import { setFlagsFromString } from "node:v8";
import { afterEach } from "vitest";
import {
  TextModel,
  type CreateOptions,
  type LoadOptions,
  type PlaceOptions,
  type TrainSettings,
} from "mynah";

// Node 20 has relaxed SIMD behind this flag; newer ones have it anyway, and no longer know the flag.
if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

/** Where a model can run. In-process models of one file share one instance, so they have one build. */
export const places: readonly (PlaceOptions & { readonly name: string })[] = [
  { name: "in process, simd128", worker: false, build: "simd128" },
  { name: "in a worker, simd128", worker: true, build: "simd128" },
  { name: "in a worker, relaxed", worker: true, build: "relaxed" },
];

/** The places that promise the same bits. */
export const exactPlaces = places.filter(({ build }) => build === "simd128");

/** 1,600 symbols with some order in them, in 24 letters, space and full stop. */
export const text = Array.from(
  { length: 40 },
  (_, i) =>
    `the ${["cat", "dog", "owl", "fox"][i % 4]} saw ${["milk", "hay", "fish"][i % 3]} by the ${i % 2 ? "river" : "field"}. `,
)
  .join("")
  .padEnd(1600, "and so on. ");

/** Sizes that train hundreds of steps a second. */
export const small = { hiddenSize: 24, embeddingSize: 12 } as const;

/** Windows that fit {@link text} many times. */
export const quick = {
  batchSize: 4,
  seqLength: 16,
  warmupSteps: 5,
  learningRate: 0.01,
} as const satisfies TrainSettings;

/** A budget that no test waits for: whoever uses it must be able to stop. */
export const endless = { ...quick, seconds: 1e6 } as const satisfies TrainSettings;

const open: TextModel[] = [];

afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

/** A small model in a place, from {@link text} unless another one is given. */
export async function create(
  place: PlaceOptions & { name?: string },
  options: Partial<CreateOptions> = {},
): Promise<TextModel> {
  const { worker, build } = place;
  const source = options.corpus === undefined ? { text: options.text ?? text } : { corpus: options.corpus };
  const model = await TextModel.create({ ...small, worker, build, ...options, ...source } as CreateOptions);
  open.push(model);
  return model;
}

/** A model from its file, in a place. */
export async function load(
  bytes: Uint8Array,
  place: PlaceOptions & { name?: string },
  options: LoadOptions = {},
): Promise<TextModel> {
  const { worker, build } = place;
  const model = await TextModel.load(bytes, { worker, build, ...options });
  open.push(model);
  return model;
}
