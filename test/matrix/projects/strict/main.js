// No bundler, and a policy that allows next to nothing: the package's files lie in a folder of the page's own.
import { configure, TextModel } from "./mynah/browser/slim.js";
import { trainAndShow } from "./train.js";

configure({
  wasm: { simd128: "./mynah/wasm/mynah_simd128.wasm", relaxed: "./mynah/wasm/mynah_relaxed.wasm" },
  worker: "./mynah/browser/worker.js",
  corpora: { dinosaurs: "./mynah/corpora/dinosaurs.txt" },
});
void trainAndShow(TextModel);
