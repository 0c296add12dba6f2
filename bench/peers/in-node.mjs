// One JavaScript peer in a Node process.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { allowRelaxedSimd } from "../lib/measure.mjs";
import { serve } from "./serve.mjs";
import { versionOf } from "./versions.mjs";

const require = createRequire(import.meta.url);

/** The subject of each peer. */
const PEERS = {
  async mynah(job, text) {
    allowRelaxedSimd();
    const { TextModel } = await import("../../dist/node/index.js");
    const { prepare } = await import("./subjects/mynah.mjs");
    return prepare(TextModel, job, text);
  },
  async tfjs(job, text) {
    const tf = require("@tensorflow/tfjs");
    if (job.variant === "wasm") {
      const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(new URL("node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
    }
    const { prepare } = await import("./subjects/tfjs.mjs");
    return prepare(tf, job, text);
  },
  async "brain.js"(job, text) {
    const { prepare } = await import("./subjects/brain.mjs");
    return prepare(require("brain.js"), job, text);
  },
  async "onnxruntime-web"(job, text) {
    const ort = await import("onnxruntime-web");
    const { prepare } = await import("./subjects/onnx-web.mjs");
    return prepare(ort, job, text);
  },
};

await serve(async (job) => {
  const subject = await PEERS[job.peer](job, readFileSync(job.textFile, "utf8"));
  return {
    subject,
    versions: [versionOf(job.peer), `Node ${process.versions.node}`].filter(Boolean).join(", "),
  };
});
