// The database of a browser that has none, or none that answers.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDB } from "idb";
import { openIndexedDb } from "../../../ts/src/storage/indexed-db.js";

vi.mock("idb", () => ({ openDB: vi.fn() }));

beforeEach(() => vi.stubGlobal("indexedDB", {}));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const unavailable = (words: string) => ({
  name: "MynahError",
  code: "storage-unavailable",
  message: expect.stringContaining(words),
});

it("a browser without one is told so", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await expect(openIndexedDb()).rejects.toMatchObject(unavailable("there is no IndexedDB here"));
});

it("a frame that may not even look at it is told so", async () => {
  vi.unstubAllGlobals();
  Object.defineProperty(globalThis, "indexedDB", {
    configurable: true,
    get() {
      throw new DOMException("Access is denied for this document", "SecurityError");
    },
  });
  try {
    await expect(openIndexedDb()).rejects.toMatchObject(unavailable("Access is denied"));
  } finally {
    Reflect.deleteProperty(globalThis, "indexedDB");
  }
});

describe("a database that does not answer", () => {
  it("is given up after 5 seconds, and used once it has answered after all", async () => {
    vi.useFakeTimers();
    let answer: (database: unknown) => void = () => undefined;
    vi.mocked(openDB).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)) as never);
    const first = expect(openIndexedDb()).rejects.toMatchObject(unavailable("not answered for 5 seconds"));
    await vi.advanceTimersByTimeAsync(5000);
    await first;
    const second = openIndexedDb();
    answer({ getAll: async () => ["kept"] });
    expect(await (await second).list()).toEqual(["kept"]);
    expect(openDB).toHaveBeenCalledOnce();
  });
});
