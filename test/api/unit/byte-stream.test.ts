// The stream of a writing: what is asked for and when, and how it ends.
import { expect, it } from "vitest";
import { byteStream, wholeText } from "../../../ts/src/byte-stream.js";

/** Pieces that tell how many of them were asked for, and whether they were left. */
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
  return { seen, pieces: write() };
}

/** Lets everything happen that nobody has to ask for. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("is the text, whole or as bytes", async () => {
  const texts = ["one ", "två ", "三 ", "🐦"];
  expect(await wholeText(watched(texts).pieces)).toBe("one två 三 🐦");
  expect(await new Response(byteStream(watched(texts).pieces)).text()).toBe("one två 三 🐦");
  expect(await new Response(byteStream(watched([]).pieces)).text()).toBe("");
});

it("asks for nothing before it is read, and then for one piece at a time", async () => {
  const { seen, pieces } = watched(["a", "b", "c"]);
  const reader = byteStream(pieces).getReader();
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

it("is left when it is cancelled, read or not", async () => {
  const { seen, pieces } = watched(["a", "b", "c"]);
  const reader = byteStream(pieces).getReader();
  await reader.read();
  await reader.cancel();
  expect(seen).toEqual({ asked: 1, isLeft: true });
  const unread = watched(["a"]);
  await byteStream(unread.pieces).cancel();
  expect(unread.seen.asked).toBe(0);
  expect(await unread.pieces.next()).toEqual({ done: true, value: undefined });
});

it("is left when it is cancelled while a piece is written, which is dropped", async () => {
  let write: (text: string) => void = () => undefined;
  let isLeft = false;
  async function* slow(): AsyncGenerator<string, void> {
    try {
      yield await new Promise<string>((resolve) => (write = resolve));
      yield "more";
    } finally {
      isLeft = true;
    }
  }
  const reader = byteStream(slow()).getReader();
  const read = reader.read();
  await turn();
  const cancelled = reader.cancel();
  expect(await read).toEqual({ done: true, value: undefined });
  write("late");
  await cancelled;
  expect(isLeft).toBe(true);
});

it("ends with what the writing throws", async () => {
  const error = new Error("out of ink");
  const reader = byteStream(watched(["a"], error).pieces).getReader();
  await reader.read();
  await expect(reader.read()).rejects.toBe(error);
});
