import type { Endpoint } from "comlink";
import { compiledFrom, corpusPlace, hasWasmPlace, wasmPlace, workerPlace } from "./places.js";
import { NotStarted, noWorker, type Platform } from "./platform.js";
import { workerFrom } from "./web-worker.js";
import { MynahError } from "../errors.js";
import { fetched } from "../fetched.js";
import { compileResponse } from "../wasm/compile-response.js";

async function fetchFile(url: string | URL): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${String(url)} could not be loaded: ${why}`, { cause });
  });
  if (!response.ok)
    throw new Error(`${String(url)} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}

export const hasBuild: Platform["hasBuild"] = hasWasmPlace;

export const compileWasm: Platform["compileWasm"] = (build) =>
  compiledFrom(wasmPlace(build), async (url) => {
    const response = await fetchFile(url);
    try {
      return await compileResponse(url, response);
    } catch (cause) {
      if (!(cause instanceof WebAssembly.CompileError)) throw cause;
      throw new Error(`${String(url)} is damaged: ${cause.message}`, { cause });
    }
  });

export const readCorpus: Platform["readCorpus"] = async (name) =>
  new Uint8Array(await (await fetchFile(corpusPlace(name))).arrayBuffer());

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

export const runFile: Platform["runFile"] = (path) => {
  throw new MynahError(
    "storage-unavailable",
    `A page cannot write ${path} to the disk; give autosave a name, under which the browser keeps the model`,
  );
};

export const startsWorkers: Platform["startsWorkers"] = () => workerPlace() !== undefined;

export const spawnWorker: Platform["spawnWorker"] = () => {
  const place = workerPlace();
  if (place === undefined) throw noWorker();
  const worker = typeof place === "function" ? place() : workerFrom(place);
  // A bundler may have given it another name.
  const where =
    typeof place === "function"
      ? `it is worker.js beside ${import.meta.url}, unless a bundler moved it`
      : `it is ${String(place)}`;
  return {
    endpoint: worker,
    onDeath(listener) {
      worker.addEventListener("error", ({ error, message }) => {
        // A script that cannot be loaded gives an event without either.
        const loaded = error ?? (message ? new Error(message) : undefined);
        listener(loaded ?? new NotStarted(`its script cannot be loaded; ${where}`));
      });
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

export const cores: Platform["cores"] = () => globalThis.navigator?.hardwareConcurrency ?? 1;

export const expectListeners: Platform["expectListeners"] = () => undefined;

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
