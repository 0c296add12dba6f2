// Makes models, uses them and disposes of them, again and again: a process of its own for cycles.test.ts, which reads what it prints.
import { createPool, TextModel } from "mynah";

/** @type {WebAssembly.Memory | undefined} */
let memory;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const instance = new target(args[0], args[1]);
    memory = /** @type {WebAssembly.Memory} */ (instance.exports["memory"]);
    return instance;
  },
});

const text = "the cat saw milk by the river. the dog saw hay by the field. ".repeat(20);
const small = /** @type {const} */ ({ text, hiddenSize: 24, embeddingSize: 12, build: "simd128" });
const training = { text, steps: 3, batchSize: 4, seqLength: 16 };

/** @param {boolean} worker */
async function useModel(worker) {
  const model = await TextModel.create({ ...small, worker });
  await model.train(training);
  for await (const _ of model.train({ ...training, evaluateEvery: 1 })) break;
  await model.sampleText({ length: 20 });
  await model.dispose();
}

/** @param {{ session: TextModel["session"] }} owner */
async function useSession(owner) {
  const session = await owner.session();
  await session.feed("the cat");
  await session.suggest();
  for await (const _ of session.sample({ length: 20 })) break;
  const fork = await session.fork();
  await fork.dispose();
  await session.dispose();
}

async function usePool() {
  const pool = await createPool({ model: await model.save(), workers: 2, build: "simd128" });
  await Promise.all(Array.from({ length: 50 }, () => useSession(pool)));
  await pool.dispose();
}

/** A model for those who need one. */
const model = await TextModel.create({ ...small, worker: false });

/** @type {Record<string, () => Promise<void>>} */
const kinds = {
  "in-place": () => useModel(false),
  sessions: () => useSession(model),
  worker: () => useModel(true),
  pool: usePool,
};

const [, , kind = "", first = "", all = ""] = process.argv;
const collect = /** @type {() => void} */ (globalThis.gc);

async function taken() {
  // What finalisers have to do they do in turns of their own.
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed: heap, external } = process.memoryUsage();
  const open = process.getActiveResourcesInfo().toSorted();
  return { wasm: memory?.buffer.byteLength, heap, external, open };
}

const use = kinds[kind];
if (use === undefined) throw new Error(`there is no kind ${kind}`);
let before;
for (let i = 1; i <= Number(all); i++) {
  await use();
  if (i === Number(first)) before = await taken();
}
console.log(JSON.stringify({ before, after: await taken() }));
await model.dispose();
