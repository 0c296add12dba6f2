// A classic service worker, as bundlers make it.
import { configure, TextModel } from "mynah/core";
import simd128 from "mynah/wasm/mynah_simd128.wasm";

configure({ wasm: { simd128: new URL(simd128, location.href) } });

const text = "the cat sat on the mat and the rat sat on the hat. ".repeat(40);

async function write() {
  try {
    const model = await TextModel.create({ text, hiddenSize: 32, embeddingSize: 16 });
    await model.train({ text, steps: 50, batchSize: 4, seqLength: 32 });
    const written = await model.sampleText({ length: 60, seed: 1 });
    return { build: model.build, hasWorker: model.hasWorker, written };
  } catch (error) {
    return { error: String(error), cause: String(error.cause) };
  }
}

addEventListener("message", (event) => {
  event.waitUntil(write().then((result) => event.source.postMessage(JSON.stringify(result), [])));
});
