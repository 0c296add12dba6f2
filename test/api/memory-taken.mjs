// What a training takes of WebAssembly's memory, beside the estimate: a process of its own for memory.test.ts, which writes the
// source, the sizes of the model and the number of values of conditions to standard input, as JSON, and reads bytes.
import { json } from "node:stream/consumers";
import { memoryEstimate, TextModel } from "mynah";

/** @type {WebAssembly.Memory | undefined} */
let memory;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const instance = new target(args[0], args[1]);
    memory = /** @type {WebAssembly.Memory} */ (instance.exports["memory"]);
    return instance;
  },
});

const { source, sizes, conditions } = /** @type {{ source: any, sizes: any, conditions?: number }} */ (
  await json(process.stdin)
);
const place = { worker: false, build: "simd128" };
const recipe = { steps: 2, averageDecay: 0.9 };
// The first model makes the instance, with what the program itself takes.
await (await TextModel.create({ text: "ab", hiddenSize: 2, ...place })).dispose();
const before = memory?.buffer.byteLength ?? NaN;
const model = await TextModel.create({ ...source, ...sizes, ...place });
const values = conditions === undefined ? {} : { conditions: new Float32Array(conditions) };
await model.train({ ...source, ...values, ...recipe });
const taken = (memory?.buffer.byteLength ?? NaN) - before;
const estimate = await memoryEstimate({ ...source, ...sizes, ...place, ...recipe });
console.log(JSON.stringify({ estimate, taken }));
await model.dispose();
