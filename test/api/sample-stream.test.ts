import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SampleOptions, TextModel } from "mynah";
import { failure } from "./errors.js";
import { create, places, text } from "./models.js";
import { watchWorkers } from "./workers.js";

const options = { prompt: "the ", length: 60, seed: 3, temperature: 1 } as const;

describe.each(places)("a stream $name", (place) => {
  it("answers with what is sampled", async () => {
    const model = await create(place);
    const response = new Response(model.sampleStream(options));
    expect(await response.text()).toBe(await model.sampleText(options));
    const strings = model.sampleStream(options).pipeThrough(new TextDecoderStream());
    let written = "";
    for await (const piece of strings) written += piece;
    expect(written).toBe(await model.sampleText(options));
  });

  it("stops when it is cancelled, and the model stays usable", async () => {
    const model = await create(place);
    const reader = model.sampleStream({ length: 1e9 }).getReader();
    expect((await reader.read()).value?.length).toBeGreaterThan(0);
    await reader.cancel();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(await model.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("that is cancelled before its first piece stops the work for it", async () => {
    const workers = watchWorkers();
    const model = await create(place);
    const session = await model.session();
    await session.feed("the ");
    const before = await session.save();
    // A search hands out nothing before its end, and a prompt is read before anything is written.
    const searching = { beamWidth: 64, length: 1e6 };
    const streams = [
      model.sampleStream(searching),
      model.sampleStream({ prompt: text.repeat(1000) }),
      session.sampleStream(searching),
    ];
    for (const stream of streams) {
      const reader = stream.getReader();
      const read = reader.read();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await reader.cancel();
      expect(await read).toEqual({ done: true, value: undefined });
    }
    const sent = workers.sent();
    expect(await session.save()).toEqual(before);
    await session.feed("a");
    const asked = ["saveSession", "openFeeding", "feedChunk", "close"];
    expect(workers.sent() - sent, "for nothing else").toBe(place.worker === true ? asked.length : 0);
  });

  it("ends with the signal's reason", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const reader = model.sampleStream({ length: 1e9, signal: controller.signal }).getReader();
    await reader.read();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
  });

  it("refuses at once what it can, and ends with the rest", async () => {
    const model = await create(place);
    expect(() => model.sampleStream({ promt: "the" } as SampleOptions)).toThrow(
      expect.objectContaining({ code: "unknown-option", message: expect.stringContaining(`"prompt"`) }),
    );
    expect(() => model.sampleStream({ length: -1 })).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
    const strange = model.sampleStream({ prompt: "§", unknown: "error" }).getReader();
    await failure(strange.read(), "unknown-symbol", "§");
    const reader = model.sampleStream({ length: 1e9 }).getReader();
    await reader.read();
    await model.dispose();
    await failure(reader.read(), "disposed");
  });

  it("of a session leaves it at what was read", async () => {
    const model = await create(place);
    const session = await model.session();
    await session.feed("the ");
    const reader = session.sampleStream({ length: 1e9, seed: 5 }).getReader();
    const { value } = await reader.read();
    await failure(session.feed("a"), "busy");
    await reader.cancel();
    const other = await model.session();
    await other.feed(`the ${new TextDecoder().decode(value)}`);
    expect(await session.save()).toEqual(await other.save());
    await session.feed("a");
    expect(() => session.sampleStream({ prompt: "a" } as object)).toThrow(
      expect.objectContaining({ code: "unknown-option" }),
    );
  });

  it("of a session that is cancelled in the middle of a piece leaves it at what was read", async () => {
    const model = await create(place);
    const session = await model.session();
    await session.feed("the ");
    const reader = session.sampleStream({ length: 1e9, seed: 5 }).getReader();
    const { value } = await reader.read();
    const dropped = reader.read();
    await reader.cancel();
    expect(await dropped).toEqual({ done: true, value: undefined });
    const other = await model.session();
    await other.feed(`the ${new TextDecoder().decode(value)}`);
    expect(await session.save()).toEqual(await other.save());
  });
});

/** A server that writes without end to whoever asks; how many of its answers are under way. */
async function serve(model: TextModel) {
  const running = { now: 0 };
  const server = createServer((_, response) => {
    running.now += 1;
    const stream = Readable.fromWeb(model.sampleStream({ length: 1e9 }) as never);
    response.on("close", () => stream.destroy());
    stream.on("close", () => (running.now -= 1)).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, running };
}

it("over HTTP stops when its reader leaves", async () => {
  const model = await create({ worker: true });
  const { url, running } = await serve(model);
  const controller = new AbortController();
  const { body } = await fetch(url, { signal: controller.signal });
  const reader = body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  expect(running.now).toBe(1);
  controller.abort();
  while (running.now > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await model.sampleText({ length: 10 })).toHaveLength(10);
});
