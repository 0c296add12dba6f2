// Rollup finds no files by itself: the configuration copies them beside the bundle.
import { configure, TextModel } from "mynah/slim";
import { trainAndShow } from "./train.js";

const here = (file) => new URL(file, import.meta.url);

configure({
  wasm: { simd128: here("mynah_simd128.wasm"), relaxed: here("mynah_relaxed.wasm") },
  worker: here("mynah-worker.js"),
  corpora: { dinosaurs: here("dinosaurs.txt") },
});
void trainAndShow(TextModel);
