import { EventEmitter, getMaxListeners, setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter";
import type { CorpusName } from "../corpora/names.js";
import type { Build } from "../types.js";
import type { Platform } from "./platform.js";
import { MynahError } from "../errors.js";
import * as files from "../files/read-file.js";
import { RunFile } from "../files/run-file.js";

// The paths are those of the bundle: this module ends up in dist/node/.
const WASM: Record<Build, URL> = {
  simd128: new URL("../wasm/mynah_simd128.wasm", import.meta.url),
  relaxed: new URL("../wasm/mynah_relaxed.wasm", import.meta.url),
};

const CORPORA: Record<CorpusName, URL> = {
  fables: new URL("../corpora/fables.txt", import.meta.url),
  "fables-zh": new URL("../corpora/fables-zh.txt", import.meta.url),
  dinosaurs: new URL("../corpora/dinosaurs.txt", import.meta.url),
};

export const hasBuild: Platform["hasBuild"] = () => true;

export const compileWasm: Platform["compileWasm"] = async (build) =>
  WebAssembly.compile(await readFile(WASM[build]));

export const readCorpus: Platform["readCorpus"] = (name) => readFile(CORPORA[name]);

export const readFileInPieces: Platform["readFileInPieces"] = files.readFileInPieces;

export const openModelStore: Platform["openModelStore"] = async () => {
  throw new MynahError(
    "storage-unavailable",
    "Only browsers keep models under names; Node has files: autosave: { file }, or writeFile and model.save()",
  );
};

export const autosavePlace: Platform["autosavePlace"] = "file";

export const runFile: Platform["runFile"] = (path) => new RunFile(path);

export const startsWorkers: Platform["startsWorkers"] = () => true;

export const spawnWorker: Platform["spawnWorker"] = () => {
  // Without execArgv the worker inherits the process's flags, and a flag such as --input-type stops it from starting.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { name: "mynah", execArgv: [] });
  worker.unref();
  return {
    endpoint: nodeEndpoint(worker),
    onDeath(listener) {
      worker.on("error", listener);
      worker.on("messageerror", listener);
      worker.on("exit", (code) => listener(new Error(`The worker exited with code ${code}`)));
    },
    async terminate() {
      await worker.terminate();
    },
    keepAlive(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
  };
};

export const parentEndpoint: Platform["parentEndpoint"] = () => {
  if (parentPort === null) throw new Error("mynah's worker.js only runs as a worker thread");
  return nodeEndpoint(parentPort);
};

export const cores: Platform["cores"] = () => availableParallelism();

export const expectListeners: Platform["expectListeners"] = (signal) => {
  try {
    // Who has said how many there may be is not contradicted.
    if (getMaxListeners(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(0, signal);
  } catch {
    // One that is not Node's, as of jsdom, warns of nothing.
  }
};

export const nextTask: Platform["nextTask"] = () => new Promise((resolve) => setImmediate(resolve));
