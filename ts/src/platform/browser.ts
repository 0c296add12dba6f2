import type { Endpoint } from "comlink";
import type { CorpusName } from "../corpora/names.js";
import { MynahError } from "../errors.js";
import { fetched } from "../fetched.js";
import type { Build } from "../types.js";
import { compileResponse } from "../wasm/compile-response.js";
import type { Platform } from "./platform.js";

// Bundlers find files by `new URL("literal", import.meta.url)`, and workers by `new Worker(new URL(...))`, so both are
// written out. The paths are those of the bundle: this module ends up in dist/browser/.
const wasmUrl = (build: Build): URL =>
  build === "simd128"
    ? new URL("../wasm/mynah_simd128.wasm", import.meta.url)
    : new URL("../wasm/mynah_relaxed.wasm", import.meta.url);

const corpusUrl = (name: CorpusName): URL => {
  switch (name) {
    case "fables":
      return new URL("../corpora/fables.txt", import.meta.url);
    case "fables-zh":
      return new URL("../corpora/fables-zh.txt", import.meta.url);
    case "dinosaurs":
      return new URL("../corpora/dinosaurs.txt", import.meta.url);
  }
};

async function fetchFile(url: URL): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${url.href} could not be loaded: ${why}`, { cause });
  });
  if (!response.ok)
    throw new Error(`${url.href} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}

export const compileWasm: Platform["compileWasm"] = async (build) => {
  const url = wasmUrl(build);
  const response = await fetchFile(url);
  try {
    return await compileResponse(url, response);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    throw new Error(`${url.href} is damaged: ${cause.message}`, { cause });
  }
};

export const readCorpus: Platform["readCorpus"] = async (name) =>
  new Uint8Array(await (await fetchFile(corpusUrl(name))).arrayBuffer());

export const readFileInPieces: Platform["readFileInPieces"] = (path) => {
  throw new MynahError(
    "invalid-option",
    `A page cannot read ${String(path)} from the disk; give a File that somebody chose, a Blob, or a URL to fetch`,
  );
};

export const openModelStore: Platform["openModelStore"] = async () => {
  const part = import("../storage/indexed-db.js");
  const { openIndexedDb } = await fetched("storage", part, "storage-unavailable");
  return openIndexedDb();
};

export const autosavePlace: Platform["autosavePlace"] = "name";

export const openOutputFile: Platform["openOutputFile"] = async (path) => {
  throw new MynahError(
    "storage-unavailable",
    `A page cannot write ${path} to the disk; give autosave a name, under which the browser keeps the model`,
  );
};

export const spawnWorker: Platform["spawnWorker"] = () => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "mynah" });
  return {
    endpoint: worker,
    onDeath(listener) {
      // A script that cannot be loaded gives an event without a message. A bundler may have given it another name.
      const unloaded = `its script could not be loaded; it is worker.js beside ${import.meta.url}, unless a bundler moved it`;
      worker.addEventListener("error", (event) =>
        listener(event.error ?? new Error(event.message || unloaded)),
      );
      worker.addEventListener("messageerror", () => listener(new Error("A message could not be read")));
    },
    async terminate() {
      worker.terminate();
    },
    keepAlive() {
      // A worker never keeps a page open.
    },
  };
};

export const parentEndpoint: Platform["parentEndpoint"] = () => globalThis as unknown as Endpoint;

export const cores: Platform["cores"] = () => navigator.hardwareConcurrency;

export const nextTask: Platform["nextTask"] = () =>
  new Promise((resolve) => {
    // Not setTimeout, which browsers hold back to 4 ms when nested and to a second in a hidden tab.
    const { port1, port2 } = new MessageChannel();
    const onMessage = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener("message", onMessage, { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
