// Overlaps before there is a model, where WebAssembly can be instantiated by nobody else: a process of its own for overlap.test.ts.
import { setFlagsFromString } from "node:v8";
import { overlap, TextModel } from "mynah";

// Node 20 has relaxed SIMD behind this flag, which "auto" would take; newer ones have it anyway, and no longer know the flag.
if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

let instances = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    instances += 1;
    return new target(args[0], args[1]);
  },
});

const text = "the cat saw milk by the river.";
const found = [await overlap(text, text, { worker: false }), await overlap(text, text)];
const shown = { shares: found.map(({ share }) => share), instances };
const model = await TextModel.create({ text, hiddenSize: 2, worker: false, build: "simd128" });
console.log(JSON.stringify({ ...shown, build: model.build }));
await model.dispose();
