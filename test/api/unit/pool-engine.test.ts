// What a pool keeps, and where: on engines in this thread, into which one can look.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Engine } from "../../../ts/src/engine/engine.js";
import { PoolEngine } from "../../../ts/src/pool/pool-engine.js";
import type { WorkerEngine } from "../../../ts/src/worker/worker-engine.js";

// Of all engines in this thread.
let memory: WebAssembly.Memory | undefined;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args: ConstructorParameters<typeof WebAssembly.Instance>) {
    const instance = new target(...args);
    memory = instance.exports["memory"] as WebAssembly.Memory;
    return instance;
  },
});

const source = { text: "the cat saw the dog. ".repeat(20) };
const engines = [new Engine(), new Engine()];
const pool = new PoolEngine(() => Promise.reject(new Error("nobody dies here")), 100);
let last = 0;

/** As a worker of a pool. */
const asWorker = (engine: Engine) =>
  Object.assign(engine, { onDeath: () => undefined }) as unknown as WorkerEngine;

beforeAll(async () => {
  const file = new URL("../../../dist/wasm/mynah_simd128.wasm", import.meta.url);
  const module = await WebAssembly.compile(await readFile(file));
  for (const engine of engines) {
    await engine.start(module, "simd128");
    await engine.create({ hiddenSize: 4, embeddingSize: 4 }, source);
    pool.add(asWorker(engine));
  }
});

afterAll(() => pool.dispose());

/** What is open in the workers. */
const open = () =>
  engines.reduce((sum, engine) => sum + (engine as unknown as { jobs: Map<number, unknown> }).jobs.size, 0);

const next = () => (last += 1);

async function openSession(): Promise<number> {
  const session = next();
  await pool.openSession(session, {});
  return session;
}

it("no worker has anything of a session that rests", async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, openSession));
  for (const session of sessions) {
    const [feeding, suggesting, writing] = [next(), next(), next()];
    await pool.openFeeding(feeding, session, "the cat", "error");
    while (!(await pool.feedChunk(feeding)));
    await pool.close(feeding);
    expect(await pool.suggestNext(suggesting, session, {})).toHaveLength(5);
    await pool.openSessionSampling(writing, session, { length: 5, seed: 1 });
    while (!(await pool.sampleChunk(writing)).finished);
    await pool.close(writing);
  }
  const fork = next();
  await pool.forkSession(sessions[0] ?? 0, fork);
  const blend = next();
  await pool.blendSessions(sessions[0] ?? 0, fork, 0.5, blend);
  expect(open()).toBe(0);
  expect(pool.sessions).toBe(22);
  for (const session of [...sessions, fork, blend]) await pool.close(session);
  expect(pool.sessions).toBe(0);
});

it("a text that is under way is open in one worker, and nowhere once it is left", async () => {
  const session = await openSession();
  const writing = next();
  await pool.openSessionSampling(writing, session, { length: 1e9, seed: 1 });
  for (let i = 0; i < 3; i++) await pool.sampleChunk(writing);
  expect(open(), "the session's copy, and the text").toBe(2);
  await pool.close(writing);
  await pool.close(session);
  expect(open()).toBe(0);
});

/** What is open in each of them. */
const openInEach = () =>
  engines.map((engine) => (engine as unknown as { jobs: Map<number, unknown> }).jobs.size);

it("texts that come one after the other are shared out, by themselves and in sessions", async () => {
  const session = await openSession();
  const texts: number[] = [];
  for (let i = 0; i < 4; i++) {
    const text = next();
    texts.push(text);
    await pool.openSampling(text, { prompt: "the cat", length: 1e9, seed: 1 });
    await pool.sampleChunk(text);
  }
  expect(openInEach(), "two texts each, and what each begins with").toEqual([4, 4]);
  for (const i of [0, 2]) await pool.close(texts[i] ?? 0);
  expect(openInEach()).toContain(0);
  const writing = next();
  await pool.openSessionSampling(writing, session, { length: 1e9, seed: 1 });
  await pool.sampleChunk(writing);
  expect(openInEach().toSorted()).toEqual([2, 4]);
  for (const job of [...texts, writing, session]) await pool.close(job);
  expect(openInEach()).toEqual([0, 0]);
});

it("texts by themselves share the weights of their worker, and a search has its own", async () => {
  const kindsOf = () =>
    engines.flatMap((engine) => {
      const { jobs } = engine as unknown as { jobs: Map<number, object> };
      return [...jobs.values()].map((job) => job.constructor.name);
    });
  const [text, int8, search] = [next(), next(), next()];
  await pool.openSampling(text, { length: 1e9 });
  await pool.openSampling(int8, { prompt: "the", length: 1e9, quantize: "int8" });
  await pool.openSampling(search, { length: 1e6, beamWidth: 2 });
  for (const job of [text, int8]) await pool.sampleChunk(job);
  expect(kindsOf().toSorted()).toEqual([
    "SessionJob",
    "SessionJob",
    "SessionSamplingJob",
    "SessionSamplingJob",
  ]);
  for (const job of [text, int8]) await pool.close(job);
  await pool.sampleChunk(search);
  expect(kindsOf()).toEqual(["SamplingJob"]);
  await pool.close(search);
});

it("forty texts of a large model take less than that model", async () => {
  const engine = new Engine();
  const { bytes } = await engine.create({ cell: "lstm", hiddenSize: 512 }, source);
  const large = new PoolEngine(() => Promise.reject(new Error("nobody dies here")), 100);
  large.add(asWorker(engine));
  const size = () => memory?.buffer.byteLength ?? NaN;
  const write = async () => {
    const text = next();
    await large.openSampling(text, { prompt: "the cat", length: 1e9, noRepeatNgram: 9 });
    for (let i = 0; i < 2; i++) await large.sampleChunk(text);
  };
  await write();
  const before = size();
  for (let i = 0; i < 40; i++) await write();
  expect(size() - before).toBeLessThan(bytes);
  await large.dispose();
});

it("a slice that is taken back leaves the session at the one before", async () => {
  const session = await openSession();
  const writing = next();
  await pool.openSessionSampling(writing, session, { length: 1e9, seed: 1 });
  await pool.sampleChunk(writing);
  const after = await pool.saveSession(session);
  await pool.sampleChunk(writing);
  expect(await pool.saveSession(session)).not.toEqual(after);
  await pool.undo(writing, 2);
  expect(await pool.saveSession(session)).not.toEqual(after);
  await pool.undo(writing, 1);
  expect(await pool.saveSession(session)).toEqual(after);
  await pool.close(writing);
  await pool.close(session);
});

it("a session that is closed while it is opened is not kept", async () => {
  const session = next();
  const opening = pool.openSession(session, { state: await pool.saveSession(await openSession()) });
  await pool.close(session);
  await opening;
  expect(pool.sessions).toBe(1);
});

it("what somebody saves is his own", async () => {
  const session = await openSession();
  const before = (await pool.saveSession(session)).slice();
  (await pool.saveSession(session)).fill(0);
  expect(await pool.saveSession(session)).toEqual(before);
});
