// esbuild finds no files by itself: the wasm is imported with --loader:.wasm=file, the worker is an entry of its own.
import { configure, TextModel } from "mynah/slim";
import relaxed from "mynah/wasm/mynah_relaxed.wasm";
import simd128 from "mynah/wasm/mynah_simd128.wasm";
import { trainAndShow } from "./train.js";

const here = (file) => new URL(file, import.meta.url);

configure({
  wasm: { simd128: here(simd128), relaxed: here(relaxed) },
  worker: here("./mynah-worker.js"),
  corpora: { dinosaurs: here("./dinosaurs.txt") },
});
void trainAndShow(TextModel);
