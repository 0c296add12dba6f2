import type { Endpoint } from "comlink";
import type { CorpusName } from "../corpora/names.js";
import { MynahError } from "../errors.js";
import type { FoundPlace } from "../storage/autosave.js";
import type { ModelStore } from "../storage/model-store.js";
import type { Build } from "../types.js";

/** A running worker, as far as Node and browsers agree on one. */
export interface WorkerHandle {
  /** Where comlink talks to it. */
  readonly endpoint: Endpoint;
  /** Calls back when the worker dies. It may do so more than once, and after `terminate`. */
  onDeath(listener: (cause: unknown) => void): void;
  /** Ends the worker at once. */
  terminate(): Promise<void>;
  /** Whether the worker keeps the process alive. Without meaning in a browser. */
  keepAlive(alive: boolean): void;
}

/** All that differs between Node and browsers. `#platform` is one of the modules beside this one. */
export interface Platform {
  /** Whether a WebAssembly build is there, as far as one can tell without looking. */
  hasBuild(build: Build): boolean;
  /** Compiles a WebAssembly build off the main thread. */
  compileWasm(build: Build): Promise<WebAssembly.Module>;
  /** The bytes of a text that comes with the package, UTF-8. */
  readCorpus(name: CorpusName): Promise<Uint8Array>;
  /**
   * The bytes of a file of this machine as they come.
   *
   * @throws MynahError `invalid-option` in a browser, which may not; in Node `file-not-found`, `is-a-directory` or `unreadable-file`.
   */
  readFileInPieces(path: string | URL): AsyncIterable<Uint8Array>;
  /**
   * Where models are kept under names.
   *
   * @throws MynahError `storage-unavailable`, in Node always.
   */
  openModelStore(): Promise<ModelStore>;
  /** The option of `autosave` that says where a run is saved here. */
  readonly autosavePlace: "name" | "file";
  /**
   * A file that a run is saved in.
   *
   * @throws MynahError `storage-unavailable` in a browser.
   */
  runFile(path: string): FoundPlace;
  /** Whether models run in workers where nobody says. */
  startsWorkers(): boolean;
  /**
   * Starts the package's worker.
   *
   * @throws MynahError `missing-option` where there is none.
   */
  spawnWorker(): WorkerHandle;
  /** In a worker: where comlink talks to whoever started it. */
  parentEndpoint(): Endpoint;
  /** Cores of the machine, as far as the engine tells. */
  cores(): number;
  /** Before a signal is listened to: any number of calls may share one, and more than ten are no leak. Without meaning in a browser. */
  expectListeners(signal: AbortSignal): void;
  /** Lets the event loop turn once: timers, input and messages get their turn. */
  nextTask(): Promise<void>;
}

/** Why a worker never was: it may not be started here, or its script cannot be loaded. */
export class NotStarted extends Error {}

/** Of a call that takes a worker, where there is none. */
export function noWorker(): MynahError {
  return new MynahError(
    "missing-option",
    "There is no worker for this: mynah/core starts none, and mynah/slim only what configure({ worker }) says",
  );
}
