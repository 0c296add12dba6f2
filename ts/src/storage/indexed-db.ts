// Models in the database of a browser. Loaded when it is used.
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from "idb";
import type { ModelStore, StoredModel } from "./model-store.js";
import { hasTrainingState } from "../engine/checkpoint-header.js";
import { MynahError } from "../errors.js";

const DATABASE = "mynah";
const VERSION = 1;

/** What is known of a file stands by itself, so that a list reads no files. */
interface Schema extends DBSchema {
  about: { key: string; value: StoredModel };
  files: { key: string; value: Uint8Array };
}

const STORES = ["about", "files"] as const;

type Writing = IDBPTransaction<Schema, typeof STORES, "readwrite">;

// A database that works opens within milliseconds; one that a browser has lost hold of never answers.
const SECONDS_TO_OPEN = 5;

/**
 * Opens the database.
 *
 * @throws MynahError `storage-unavailable` where there is none, where it does not answer within 5 seconds, or where it may not be used: in some
 * browsers' private windows, in frames of other sites, and where people have forbidden it.
 */
export async function openIndexedDb(): Promise<ModelStore> {
  try {
    // In some frames the very look at it throws.
    if (globalThis.indexedDB === undefined) throw new Error("there is no IndexedDB here");
    return new IndexedDbStore(await inTime((connection ??= open())));
  } catch (cause) {
    // Of one that has not answered the answer may still come, for the next call.
    if (!(cause instanceof NoAnswer)) connection = undefined;
    throw unavailable(messageOf(cause), cause);
  }
}

/** The database has not answered in time. */
class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

function inTime<Result>(opening: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(new NoAnswer(`IndexedDB has not answered for ${SECONDS_TO_OPEN} seconds`));
    const timer = setTimeout(giveUp, SECONDS_TO_OPEN * 1000);
    opening.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The one connection of this page. */
let connection: Promise<IDBPDatabase<Schema>> | undefined;

async function open(): Promise<IDBPDatabase<Schema>> {
  const opened = await openDB<Schema>(DATABASE, VERSION, {
    upgrade(fresh) {
      for (const store of STORES) fresh.createObjectStore(store);
    },
    // A page with a later version of this package, or somebody who deletes the site's data, need not wait for this one.
    blocking() {
      opened.close();
      connection = undefined;
    },
    terminated() {
      connection = undefined;
    },
  });
  return opened;
}

class IndexedDbStore implements ModelStore {
  readonly #database: IDBPDatabase<Schema>;

  constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  list(): Promise<readonly StoredModel[]> {
    return this.#do("The list of models could not be read", (database) => database.getAll("about"));
  }

  async read(name: string): Promise<Uint8Array> {
    const what = `${JSON.stringify(name)} could not be read`;
    const file = await this.#do(what, (database) => database.get("files", name));
    if (file === undefined) throw notFound(name);
    return file;
  }

  async write(name: string, file: Uint8Array): Promise<void> {
    const about = { name, bytes: file.length, savedAt: new Date(), hasTrainingState: hasTrainingState(file) };
    const size = (file.length / 1e6).toFixed(1);
    await this.#change(`${JSON.stringify(name)} (${size} MB) could not be saved`, async (writing) => {
      await writing.objectStore("files").put(file, name);
      await writing.objectStore("about").put(about, name);
    });
  }

  async rename(name: string, newName: string): Promise<void> {
    await this.#change(`${JSON.stringify(name)} could not be renamed`, async (writing) => {
      const [files, about] = [writing.objectStore("files"), writing.objectStore("about")];
      const [file, known, taken] = [
        await files.get(name),
        await about.get(name),
        await about.getKey(newName),
      ];
      if (file === undefined || known === undefined) throw notFound(name);
      if (newName === name) return;
      if (taken !== undefined) {
        const words = `There is a model ${JSON.stringify(newName)} already; remove it first, or choose another name`;
        throw new MynahError("model-exists", words);
      }
      await files.put(file, newName);
      await about.put({ ...known, name: newName }, newName);
      await files.delete(name);
      await about.delete(name);
    });
  }

  async remove(name: string): Promise<void> {
    await this.#change(`${JSON.stringify(name)} could not be removed`, async (writing) => {
      if ((await writing.objectStore("about").getKey(name)) === undefined) throw notFound(name);
      await writing.objectStore("files").delete(name);
      await writing.objectStore("about").delete(name);
    });
  }

  /** One transaction: what fails within it takes all of it back. */
  #change(what: string, change: (writing: Writing) => Promise<void>): Promise<void> {
    return this.#do(what, async (database) => {
      const writing = database.transaction(STORES, "readwrite");
      try {
        await change(writing);
      } catch (error) {
        await abort(writing);
        // The request's own error may only say that the transaction was given up.
        throw writing.error ?? error;
      }
      await writing.done;
    });
  }

  async #do<Result>(what: string, use: (database: IDBPDatabase<Schema>) => Promise<Result>): Promise<Result> {
    try {
      return await use(this.#database);
    } catch (cause) {
      if (cause instanceof MynahError) throw cause;
      throw isQuota(cause) ? full(what, cause) : failed(what, cause);
    }
  }
}

/** To no effect where it has been given up already. */
async function abort(writing: Writing): Promise<void> {
  const ended = writing.done.catch(() => undefined);
  try {
    writing.abort();
  } catch {
    // It is over.
  }
  await ended;
}

function isQuota(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "QuotaExceededError";
}

function full(what: string, cause: unknown): MynahError {
  const words = `${what}: the browser gives this site no more room. What was saved before is still there; remove models, or free space`;
  return new MynahError("storage-full", words, { cause });
}

function failed(what: string, cause: unknown): MynahError {
  return new MynahError("storage-unavailable", `${what}: ${messageOf(cause)}`, { cause });
}

function unavailable(why: string, cause?: unknown): MynahError {
  const words = `This browser keeps no models (${why}); in a private window, or with site data blocked, save the file with model.save() instead`;
  return new MynahError("storage-unavailable", words, cause === undefined ? undefined : { cause });
}

function notFound(name: string): MynahError {
  return new MynahError("model-not-found", `There is no model ${JSON.stringify(name)}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
