// What a text is read from: files, URLs, streams and iterables come to the same as the string that is in them.
import { createServer, type Server } from "node:http";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryEstimate, suggest, TextModel, type TextInput } from "mynah";
import { failure } from "./errors.js";
import { exactPlaces, quick, small, text as ascii } from "./models.js";

/** With symbols of one, two, three and four bytes, which pieces will cut. */
const text = `${ascii}né 狼来了 🙂\r\n`.repeat(3);
const names = ["anna", "bob", "", "  ", "çelik", "dora"];
const list = names.join("\n");
const bytes = new TextEncoder().encode(text);

let folder: string;
let path: string;
let server: Server;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-sources-"));
  path = join(folder, "notes.txt");
  await writeFile(path, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]));
  server = createServer((request, response) => {
    if (request.url === "/notes.txt") response.end(bytes);
    else if (request.url === "/list.txt") response.end(list);
    else if (request.url === "/half.txt") {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    } else if (request.url === "/slow.txt") response.write("a");
    else response.writeHead(404).end("nothing here");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const url = (name: string) => new URL(`/${name}`, origin);

/** Pieces of so many bytes, or symbols. */
function pieces<Whole extends Uint8Array | string>(whole: Whole, size: number): Whole[] {
  const starts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => i * size);
  return starts.map((start) => whole.slice(start, start + size) as Whole);
}

function stream<Chunk>(chunks: readonly Chunk[]): ReadableStream<Chunk> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function* iterable<Chunk>(chunks: readonly Chunk[]): AsyncGenerator<Chunk> {
  yield* chunks;
}

/** Gives all its pieces in one buffer. */
async function* inOneBuffer(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

/** What never gives anything after its first piece. */
const endless = (): ReadableStream<string> =>
  new ReadableStream({ start: (controller) => controller.enqueue("a") });

const inputs: [string, () => TextInput][] = [
  ["a Blob", () => new Blob([bytes])],
  ["a File with a byte order mark", () => new File(["\uFEFF", text], "notes.txt")],
  ["a stream of bytes, some of which end within a symbol", () => stream(pieces(bytes, 7))],
  ["a stream of single bytes", () => stream(pieces(bytes, 1))],
  // UTF-16 units: some end within a surrogate pair.
  ["a stream of strings", () => stream(pieces(text, 1))],
  ["an async iterable", () => iterable([text.slice(0, 100), bytes.subarray(100)])],
  ["an async iterable, some of whose chunks are empty", () => iterable(["", text, new Uint8Array(), ""])],
  ["an async iterable that uses its buffer again", () => inOneBuffer(pieces(bytes, 7))],
  ["a stream of Node's", () => createReadStream(path)],
  ["a path", () => ({ file: path })],
  ["a file: URL", () => pathToFileURL(path)],
  ["a URL", () => url("notes.txt")],
  ["a data: URL", () => new URL(`data:text/plain;base64,${Buffer.from(bytes).toString("base64")}`)],
];

/** A stand-in for what waits for something itself: no chunk ever comes. */
function silent(): AsyncIterable<string> & { readonly left: boolean } {
  let left = false;
  return {
    get left() {
      return left;
    },
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: async () => {
        left = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
}

describe.each(exactPlaces)("a model $name", ({ worker, build }) => {
  const options = { ...small, worker, build };

  /** What a model learns from two sources of the same text. */
  async function learn(source: () => string | TextInput): Promise<Uint8Array> {
    await using model = await TextModel.create({ text: source(), ...options });
    await model.train({ text: source(), ...quick, steps: 4 });
    const file = await model.save();
    return file;
  }

  it.each(inputs)("learns from %s what it learns from a string", async (_, source) => {
    expect(await learn(source)).toEqual(await learn(() => text));
  });

  it("learns with two workers from what is read, too", async () => {
    const trained = await Promise.all(
      [text, new Blob([text])].map(async (source) => {
        await using model = await TextModel.create({ text, ...options });
        await model.train({ text: source, ...quick, steps: 4, workers: 2 });
        const file = await model.save();
        return file;
      }),
    );
    expect(trained[1]).toEqual(trained[0]);
  });

  it.each([
    ["a Blob", () => new Blob([list])],
    ["a URL", () => url("list.txt")],
    ["a stream of single characters", () => stream(pieces(list, 1))],
    [
      "a stream with ends of lines as Windows has them",
      () => stream(pieces(list.replaceAll("\n", "\r\n"), 3)),
    ],
  ])("learns the lines of %s as documents", async (_, source) => {
    const run = { batchSize: 2, seqLength: 8, steps: 3, validation: 0 };
    await using expected = await TextModel.create({
      documents: ["anna", "bob", "çelik", "dora"],
      ...options,
    });
    await expected.train({ documents: ["anna", "bob", "çelik", "dora"], ...run });
    await using model = await TextModel.create({ documents: source(), ...options });
    await model.train({ documents: source(), ...run });
    expect(await model.save()).toEqual(await expected.save());
  });

  it("evaluates, resumes, looks at the gradient and tells what is new with what is read", async () => {
    await using model = await TextModel.create({ text, ...options });
    const blob = new Blob([text]);
    expect(await model.evaluate({ text: blob })).toEqual(await model.evaluate({ text }));
    expect(await model.gradientFlow({ text: blob, seqLength: 8 })).toEqual(
      await model.gradientFlow({ text, seqLength: 8 }),
    );
    for await (const { step } of model.train({ text: blob, ...quick, steps: 40 })) if (step > 0) break;
    await failure(model.resume({ text: new Blob([`${text}!`]) }).next(), "different-text");
    expect(await model.resume({ text: { file: path } })).toMatchObject({ steps: 40 });
    const written = { count: 3, length: 1, seed: 1, temperature: 5 };
    const told: string[] = [];
    const wanted = model.sampleMany({ ...written, notInCorpus: { text: new Blob(["aeiou the cat"]) } });
    for await (const letter of wanted) told.push(letter);
    expect(told).toHaveLength(3);
    for (const letter of told) expect("aeiou the cat").not.toContain(letter);
  });

  it("stops reading at once when aborted, and lets go of the stream", async () => {
    const aborted = (signal: AbortSignal, source: TextInput) =>
      expect(TextModel.create({ text: source, ...options, signal })).rejects.toThrow("enough");
    for (const source of [endless(), url("slow.txt")]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 20);
      await aborted(controller.signal, source);
    }
    let isCancelled = false;
    const controller = new AbortController();
    const source = new ReadableStream<string>({ cancel: () => void (isCancelled = true) });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await aborted(controller.signal, source);
    await expect.poll(() => isCancelled).toBe(true);
    const [generator, readable] = [silent(), new Readable({ read: () => undefined })];
    for (const waiting of [generator, readable]) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(new Error("enough")), 20);
      await aborted(abort.signal, waiting);
    }
    await expect.poll(() => generator.left && readable.destroyed).toBe(true);
    const before = endless();
    await aborted(AbortSignal.abort(new Error("enough")), before);
    expect(before.locked).toBe(false);
  });
});

it("the size of what is read is that of the string", async () => {
  const settings = { ...small, batchSize: 4 };
  const estimate = await memoryEstimate({ text, ...settings });
  expect(await memoryEstimate({ text: new Blob([text]), ...settings })).toBe(estimate);
});

it("what is read is advised on as the string", async () => {
  const { symbols, alphabet, kind } = await suggest(url("notes.txt"), { seconds: 1 });
  const ofString = await suggest(text, { seconds: 1 });
  expect({ symbols, alphabet, kind }).toEqual({
    symbols: ofString.symbols,
    alphabet: ofString.alphabet,
    kind: ofString.kind,
  });
});

describe("refused", () => {
  const create = (source: TextInput) => TextModel.create({ text: source, ...small, worker: false });

  it("a URL that answers 404, by its name", async () => {
    await failure(create(url("missing.txt")), "unreadable-source", `${origin}/missing.txt`, "404");
  });

  it("a URL that breaks off, by its name", async () => {
    await failure(create(url("half.txt")), "unreadable-source", `${origin}/half.txt`);
  });

  it("a URL without a server", async () => {
    await failure(create(new URL("http://127.0.0.1:1/x")), "unreadable-source", "127.0.0.1");
  });

  it("a path without a file, and a folder", async () => {
    await failure(create({ file: join(folder, "none.txt") }), "file-not-found", "none.txt");
    await failure(create({ file: "" }), "file-not-found", 'There is no file ""');
    await failure(create(pathToFileURL(join(folder, "none.txt"))), "file-not-found", "none.txt");
    await failure(create({ file: folder }), "is-a-directory", folder);
  });

  it("bytes that are no UTF-8, with their place", async () => {
    const broken = pieces(Buffer.concat([bytes.subarray(0, 3), Buffer.from("\n"), Buffer.from([0xff])]), 2);
    await failure(create(new File(broken, "bad.txt")), "invalid-utf8", "bad.txt", "offset 4 (line 2)");
    await failure(create(stream(broken)), "invalid-utf8", "the stream", "offset 4 (line 2)");
    await failure(
      create(stream([Uint8Array.of(0x61, 0xe4), Uint8Array.of(0xb9)])),
      "invalid-utf8",
      "offset 1",
    );
    await failure(create(stream([Uint8Array.of(0x61), Uint8Array.of(0)])), "binary-file", "offset 1");
    const between = iterable([Uint8Array.of(0xc3), "x", Uint8Array.of(0xa9)]);
    await failure(create(between), "invalid-utf8", "the async iterable", "offset 0");
  });

  it("a stream that is being read, or was", async () => {
    const locked = stream(["abc"]);
    const reader = locked.getReader();
    await failure(create(locked), "invalid-option", "text is a stream", "being read elsewhere");
    await reader.read();
    reader.releaseLock();
    await failure(create(locked), "invalid-option", "text is a stream that was read before");
  });

  it("a stream that fails, with its own error as the cause", async () => {
    const cause = new Error("the cable is cut");
    const failing = new ReadableStream<string>({ pull: (controller) => controller.error(cause) });
    expect((await failure(create(failing), "unreadable-source", "the cable is cut")).cause).toBe(cause);
  });

  it("what gives nothing, or was read before", async () => {
    await failure(create(new Blob([])), "empty-text");
    await failure(create(new Blob(["\uFEFF"])), "empty-text", "byte order mark");
    for (const nothing of [[], [""], [new Uint8Array()], ["", new Uint8Array()]]) {
      const { message } = await failure(
        create(iterable(nothing)),
        "empty-text",
        "the async iterable is empty",
      );
      expect(message).not.toContain("mark");
    }
    const once = iterable([text]);
    await (await create(once)).dispose();
    await failure(create(once), "empty-text", "read before");
    await failure(
      TextModel.create({ documents: new Blob(["\n \n"]), ...small, worker: false }),
      "empty-text",
      "no line",
    );
  });

  it("what gives something else than text", async () => {
    await failure(create(iterable([3]) as never), "invalid-option", "type number");
    for (const wrong of [3, {}, { file: 3 }, { file: "a", more: 1 }, new Map()]) {
      await failure(create(wrong as never), "invalid-option", "text", "{ file: path }");
    }
    await failure(
      TextModel.create({ documents: "a\nb" as never, ...small, worker: false }),
      "invalid-option",
      "documents",
      "a list of strings",
    );
    await failure(suggest(3 as never), "invalid-option", "suggest takes a text");
  });
});
