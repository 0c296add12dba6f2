// The stream of a writing: what is asked for and when, and how it ends.
import { expect, it, vi } from "vitest";
import { byteStream, wholeText } from "../../../ts/src/byte-stream.js";

/** A writing that tells how many of its pieces were asked for, and whether it was left. */
function watched(texts: readonly string[], error?: Error) {
  const seen = { asked: 0, isLeft: false };
  async function* write(): AsyncGenerator<string, void> {
    try {
      for (const text of texts) {
        seen.asked += 1;
        yield text;
      }
      if (error !== undefined) throw error;
    } finally {
      seen.isLeft = true;
    }
  }
  return { seen, write, stream: (signal?: AbortSignal) => byteStream(signal, write) };
}

/** One whose piece never comes, and which ends when it is told to. */
function stuck() {
  const seen = { isLeft: false };
  async function* write(signal: AbortSignal): AsyncGenerator<string, void> {
    try {
      yield await new Promise<string>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    } finally {
      seen.isLeft = true;
    }
  }
  return { seen, stream: (signal?: AbortSignal) => byteStream(signal, write) };
}

/** Lets everything happen that nobody has to ask for. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("is the text, whole or as bytes", async () => {
  const texts = ["one ", "två ", "三 ", "🐦"];
  expect(await wholeText(watched(texts).write())).toBe("one två 三 🐦");
  expect(await new Response(watched(texts).stream()).text()).toBe("one två 三 🐦");
  expect(await new Response(watched([]).stream()).text()).toBe("");
});

it("asks for nothing before it is read, and then for one piece at a time", async () => {
  const { seen, stream } = watched(["a", "b", "c"]);
  const reader = stream().getReader();
  await turn();
  expect(seen.asked).toBe(0);
  for (const asked of [1, 2, 3]) {
    await reader.read();
    await turn();
    expect(seen.asked).toBe(asked);
  }
  expect(seen.isLeft).toBe(false);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(seen.isLeft).toBe(true);
});

it("is left when it is cancelled, and not begun then if it was not read", async () => {
  const { seen, stream } = watched(["a", "b", "c"]);
  const reader = stream().getReader();
  await reader.read();
  await reader.cancel();
  expect(seen).toEqual({ asked: 1, isLeft: true });
  const unread = watched(["a"]);
  await unread.stream().cancel();
  expect(unread.seen).toEqual({ asked: 0, isLeft: false });
});

it("is left when it is cancelled while a piece is written, without waiting for that", async () => {
  const { seen, stream } = stuck();
  const reader = stream().getReader();
  const read = reader.read();
  await turn();
  await reader.cancel();
  expect(await read).toEqual({ done: true, value: undefined });
  expect(seen.isLeft).toBe(true);
});

it("drops a piece that comes nevertheless", async () => {
  let write: (text: string) => void = () => undefined;
  async function* deaf(): AsyncGenerator<string, void> {
    yield await new Promise<string>((resolve) => (write = resolve));
  }
  const reader = byteStream(undefined, deaf).getReader();
  const read = reader.read();
  await turn();
  const cancelled = reader.cancel();
  write("late");
  await cancelled;
  expect(await read).toEqual({ done: true, value: undefined });
});

it("ends with the reason of the caller's signal, which nothing listens to afterwards", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const removed = vi.spyOn(controller.signal, "removeEventListener");
  const { seen, stream } = stuck();
  const read = stream(controller.signal).getReader().read();
  await turn();
  controller.abort(reason);
  await expect(read).rejects.toBe(reason);
  expect(seen.isLeft).toBe(true);
  expect(removed).toHaveBeenCalledOnce();
  const before = watched(["a"]);
  await expect(before.stream(controller.signal).getReader().read()).rejects.toBe(reason);
  expect(before.seen.asked).toBe(0);
  const other = new AbortController();
  const removedToo = vi.spyOn(other.signal, "removeEventListener");
  expect(await new Response(watched(["a"]).stream(other.signal)).text()).toBe("a");
  expect(removedToo).toHaveBeenCalledOnce();
});

it("ends with what the writing throws", async () => {
  const error = new Error("out of ink");
  const reader = watched(["a"], error).stream().getReader();
  await reader.read();
  await expect(reader.read()).rejects.toBe(error);
});
