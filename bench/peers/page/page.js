// One JavaScript peer in a page: in-chromium.mjs calls `bench.prepare` once, then `bench.measure` for each round.
import { measure, warmUp } from "../subjects/spans.mjs";

const script = (source) =>
  new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src: source });
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error(`${source} could not be loaded`)));
    document.head.append(element);
  });

const PEERS = {
  async mynah(job, text) {
    const { TextModel } = await import("/dist/browser/index.js");
    const { prepare } = await import("/subjects/mynah.mjs");
    return prepare(TextModel, job, text);
  },
  async tfjs(job, text) {
    await script("/modules/@tensorflow/tfjs/dist/tf.min.js");
    if (job.variant === "wasm") {
      await script("/modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js");
      globalThis.tf.wasm.setWasmPaths("/modules/@tensorflow/tfjs-backend-wasm/dist/");
    }
    const { prepare } = await import("/subjects/tfjs.mjs");
    return prepare(globalThis.tf, job, text);
  },
  async "onnxruntime-web"(job, text) {
    const ort = await import("/modules/onnxruntime-web/dist/ort.wasm.min.mjs");
    ort.env.wasm.wasmPaths = "/modules/onnxruntime-web/dist/";
    const { prepare } = await import("/subjects/onnx-web.mjs");
    return prepare(ort, job, text);
  },
};

let subject;

globalThis.bench = {
  async prepare(job) {
    const text = await (await fetch("/text")).text();
    subject = await PEERS[job.peer](job, text);
    await warmUp(subject);
  },
  measure: (budget) => measure(subject, budget),
};
