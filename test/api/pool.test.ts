// A pool: many sessions over few workers, each of which comes to what it would come to alone.
import { once } from "node:events";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createPool,
  TextModel,
  type CreateOptions,
  type MynahError,
  type Pool,
  type PoolOptions,
  type SampleOptions,
  type Session,
} from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, load, quick, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";

const beginning = "the cat saw milk by the river. the d";
const pools: Pool[] = [];
let file = new Uint8Array();

beforeAll(async () => {
  await using model = await TextModel.create({ text, ...small, worker: false, build: "simd128" });
  await model.train({ text, ...quick, steps: 60 });
  file = await model.save();
});

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.dispose();
});

async function open(options: Partial<PoolOptions> = {}): Promise<Pool> {
  const pool = await createPool({ model: file, workers: 2, build: "simd128", ...options });
  pools.push(pool);
  return pool;
}

/** The same model by itself. */
const alone = () => load(file, { worker: false, build: "simd128" });

/** What both a model and a pool open. */
async function fed(owner: Pick<Pool, "session">, ...texts: readonly string[]): Promise<Session> {
  const session = await owner.session();
  for (const each of texts) await session.feed(each);
  return session;
}

/** Lets everything happen that only waits for the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a pool", () => {
  it("writes what the model writes", async () => {
    const [pool, model] = [await open(), await alone()];
    expect(pool.info).toEqual(model.info);
    const options = { prompt: beginning, length: 300, temperature: 1, seed: 7, stop: "owl b" };
    const expected = await model.sampleText(options);
    expect(await pool.sampleText(options)).toBe(expected);
    expect(await new Response(pool.sampleStream(options)).text()).toBe(expected);
    expect(await pool.sampleText({ length: 20 })).not.toBe(await pool.sampleText({ length: 20 }));
  });

  it("writes what the model writes with all that a text depends on", async () => {
    const documents = ["ada", "bo", "clementine", "dee", "eustace", "flo"];
    const transformer = { cell: "transformer", hiddenSize: 16, numHeads: 2, contextLength: 8 } as const;
    const models: readonly { options: CreateOptions; sample?: SampleOptions }[] = [
      { options: { text, ...small } },
      { options: { documents, ...small } },
      {
        options: { documents, ...small, conditionSize: 2 },
        sample: { condition: Float32Array.of(1, 0.5) },
      },
      { options: { text, ...small, tokenizer: "bpe", vocabularySize: 300, caseFolding: true } },
      { options: { text, ...transformer } },
    ];
    const samples: readonly SampleOptions[] = [
      {},
      { prompt: "da" },
      { prompt: "the §é" },
      { prompt: "THE CAT" },
      { prompt: "a".repeat(300) + "the ".repeat(1200), frequencyPenalty: 0.2, repeatLastN: 65_535 },
      { quantize: "int8" },
      { prompt: "the cat", quantize: "int8", topK: 5 },
      { prompt: "the ", beamWidth: 4, temperature: undefined },
      { prompt: "the ", length: 0 },
    ];
    for (const { options, sample } of models) {
      await using model = await TextModel.create({ ...options, worker: false, build: "simd128" });
      const pool = await open({ model: await model.save() });
      const write = (owner: Pick<Pool, "sampleText">) => {
        const given = { length: 60, temperature: 1, seed: 3, ...sample };
        return Promise.all(samples.map((more) => owner.sampleText({ ...given, ...more })));
      };
      expect(await write(pool), JSON.stringify(options)).toEqual(await write(model));
    }
  });

  it("refuses what the model refuses, in the same words", async () => {
    const [pool, model] = [await open(), await alone()];
    const cases: readonly SampleOptions[] = [
      { prompt: "§", unknown: "error" },
      { temperature: -1 },
      { prompt: "the", temperature: -1 },
      { prompt: "the", minLength: 9, length: 3 },
      { prompt: "the", condition: Float32Array.of(1) },
      { beamWidth: 65 },
      { lengthPenalty: 2 },
      { banned: model.info.symbols, prompt: "the" },
    ];
    const refusal = async (owner: Pick<Pool, "sampleText">, options: SampleOptions) =>
      owner.sampleText(options).then(
        (written) => expect.fail(`it wrote ${written}`),
        ({ code, message }: MynahError) => ({ code, message }),
      );
    for (const options of cases) {
      expect(await refusal(pool, options)).toEqual(await refusal(model, options));
    }
    const both = await create({ worker: false, build: "simd128" }, { bidirectional: true });
    const poolOfBoth = await open({ model: await both.save() });
    expect(await refusal(poolOfBoth, {})).toEqual(await refusal(both, {}));
    await failure(poolOfBoth.session(), "contradictory-options", "has no sessions");
  });

  it("has sessions that do what those of the model do", async () => {
    const [pool, model] = [await open(), await alone()];
    const come = async (owner: Pick<Pool, "session">) => {
      const session = await fed(owner, "the cat", " saw mi");
      const words = await session.suggest({ n: 3 });
      const fork = await session.fork();
      await fork.feed("lk by");
      const blend = await session.blend(fork, 0.3);
      const written = await session.sampleText({ length: 200, seed: 3, temperature: 1 });
      const restored = await owner.session({ state: await session.save() });
      const states = [session, fork, blend, restored].map((each) => each.save());
      const more = await restored.sampleText({ length: 30, seed: 4, allowedPattern: "[a-m]+\\." });
      return { words, written, more, states: await Promise.all(states) };
    };
    expect(await come(pool)).toEqual(await come(model));
    expect(await (await pool.session()).sampleText({ length: 40, seed: 1 })).toBe(
      await model.sampleText({ length: 40, seed: 1 }),
    );
  });

  it("serves many sessions at once as if each were alone", async () => {
    const [pool, model] = [await open(), await alone()];
    const come = async (owner: Pick<Pool, "session">, i: number) => {
      const session = await fed(owner, beginning.slice(i), "og");
      const written = await session.sampleText({ length: 50 + i, seed: i, temperature: 1 });
      return { written, state: await session.save() };
    };
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    const together = await Promise.all(numbers.map((i) => come(pool, i)));
    for (const i of numbers) expect(together[i]).toEqual(await come(model, i));
    expect(pool.waiting).toBe(0);
    expect(pool.sessions).toBe(30);
  });

  it("gives everybody a slice before anybody gets the next one", async () => {
    const pool = await open({ workers: 1 });
    const pieces: number[] = [];
    const read = async (reader: number) => {
      let left = 12;
      for await (const _ of pool.sample({ length: 1e9 })) {
        pieces.push(reader);
        left -= 1;
        if (left === 0) return;
      }
    };
    const readers = [0, 1, 2, 3];
    await Promise.all(readers.map(read));
    for (let end = 1; end <= pieces.length; end++) {
      const counts = readers.map((reader) => pieces.slice(0, end).filter((one) => one === reader).length);
      expect(Math.max(...counts) - Math.min(...counts), String(pieces)).toBeLessThanOrEqual(1);
    }
  });

  it("writes nothing that nobody asks for", async () => {
    const workers = watchWorkers();
    const pool = await open({ workers: 1 });
    const pieces = pool.sample({ length: 1e9 });
    await pieces.next();
    await turn();
    const sent = workers.sent();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(workers.sent()).toBe(sent);
    await pieces.return();
  });
});

describe("the queue of a pool", () => {
  it("refuses at once what is too much, and lets others in when some are answered", async () => {
    const pool = await open({ workers: 1, maxQueue: 3 });
    const session = await pool.session();
    const calls = [pool.sampleText({ length: 30 }), session.feed("the "), session.feed("cat")];
    expect(pool.waiting).toBe(3);
    await failure(pool.sampleText(), "queue-full", "maxQueue is 3");
    await failure(session.suggest(), "queue-full");
    await failure(pool.session(), "queue-full");
    expect(() => pool.sampleStream()).toThrow(expect.objectContaining({ code: "queue-full" }));
    expect(() => session.sampleStream()).toThrow(expect.objectContaining({ code: "queue-full" }));
    await Promise.all(calls);
    expect(pool.waiting).toBe(0);
    expect(await session.save(), "what was refused left nothing behind").toEqual(
      await (await fed(pool, "the ", "cat")).save(),
    );
  });

  it("counts a text from its first piece to its end, however slowly it is read", async () => {
    const pool = await open({ workers: 1, maxQueue: 3 });
    const session = await fed(pool, "the ");
    const unread = pool.sample({ length: 1e9 });
    expect(pool.waiting).toBe(0);
    const stream = pool.sampleStream({ length: 1e9 }).getReader();
    const texts = [pool.sample({ length: 1e9 }), session.sample({ length: 1e9 })] as const;
    await Promise.all([stream.read(), ...texts.map((pieces) => pieces.next())]);
    expect(pool.waiting).toBe(3);
    await failure(unread.next(), "queue-full");
    await failure(session.suggest(), "queue-full");
    expect((await texts[0].next()).done, "none is refused in the middle").toBe(false);
    await texts[1].return();
    expect(pool.waiting).toBe(2);
    expect(await session.suggest()).toHaveLength(5);
    await stream.cancel();
    await texts[0].return();
    expect(pool.waiting).toBe(0);
    const whole = pool.sample({ length: 5, seed: 1 });
    expect(pool.waiting).toBe(0);
    for await (const _ of whole) expect(pool.waiting).toBe(1);
    expect(pool.waiting).toBe(0);
  });

  it("gives up the place of a text that is aborted, also where nobody reads on", async () => {
    const pool = await open({ workers: 1 });
    const session = await fed(pool, "the ");
    const reason = new Error("too slow");
    const controller = new AbortController();
    const options = { length: 1e9, signal: controller.signal };
    const stream = pool.sampleStream(options).getReader();
    const texts = [pool.sample(options), session.sample(options)];
    await Promise.all([stream.read(), ...texts.map((pieces) => pieces.next())]);
    expect(pool.waiting).toBe(3);
    controller.abort(reason);
    expect(pool.waiting).toBe(0);
    await expect(stream.read()).rejects.toBe(reason);
    for (const pieces of texts) await expect(pieces.next()).rejects.toBe(reason);
    expect(pool.waiting).toBe(0);
  });

  it("gives up the turn of a call that is aborted, at once", async () => {
    const pool = await open({ workers: 1, maxQueue: 4 });
    const session = await fed(pool, "the ");
    const before = await session.save();
    const reason = new Error("enough");
    const controller = new AbortController();
    const { signal } = controller;
    const first = pool.sample({ length: 1e9 });
    const busy = first.next();
    const calls = [
      session.feed(text.repeat(100), { signal }),
      session.suggest({ signal }),
      pool.sampleText({ length: 1e9, signal }),
    ].map((call) => expect(call).rejects.toBe(reason));
    await turn();
    expect(pool.waiting).toBe(4);
    controller.abort(reason);
    await Promise.all(calls);
    expect(pool.waiting).toBeLessThanOrEqual(1);
    await busy;
    await first.return();
    expect(await session.save()).toEqual(before);
    expect(await pool.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("gives up the turn and the place of a stream that is cancelled, at once", async () => {
    const pool = await open({ workers: 1, maxQueue: 1 });
    const session = await fed(pool, "the ");
    const before = await session.save();
    const searching = { beamWidth: 64, length: 1e6 };
    for (const begin of [() => pool.sampleStream(searching), () => session.sampleStream(searching)]) {
      const reader = begin().getReader();
      const read = reader.read();
      await turn();
      expect(pool.waiting).toBe(1);
      await reader.cancel();
      expect(await read).toEqual({ done: true, value: undefined });
      expect(pool.waiting).toBe(0);
      expect(await session.save()).toEqual(before);
    }
    expect(await pool.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("leaves a session at what was handed out when the loop is left or aborted", async () => {
    const pool = await open({ workers: 1 });
    for (const isAborted of [false, true]) {
      const session = await fed(pool, "the ");
      const controller = new AbortController();
      let written = "";
      const write = async () => {
        const options = { length: 1e9, seed: 2, signal: controller.signal };
        for await (const piece of session.sample(options)) {
          written += piece;
          if (written.length < 500) continue;
          if (!isAborted) return;
          setImmediate(() => controller.abort());
        }
      };
      const writing = write();
      if (isAborted) await expect(writing).rejects.toMatchObject({ name: "AbortError" });
      else await writing;
      expect(await session.save()).toEqual(await (await fed(pool, "the ", written)).save());
      await session.feed("a");
    }
  });
});

describe("the sessions of a pool", () => {
  it("are so many at most, however they are opened", async () => {
    const pool = await open({ maxSessions: 3 });
    const first = await fed(pool, "the");
    const second = await first.fork();
    const third = await first.blend(second);
    await failure(pool.session(), "too-many-sessions", "maxSessions is 3");
    await failure(first.fork(), "too-many-sessions");
    await failure(first.blend(second), "too-many-sessions");
    await third.dispose();
    await third.dispose();
    expect(pool.sessions).toBe(2);
    const reason = new Error("enough");
    await expect(pool.session({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await failure(pool.session({ state: new Uint8Array(3) }), "bad-session-state");
    expect(pool.sessions).toBe(2);
    await pool.session({ state: await first.save() });
    expect(pool.sessions).toBe(3);
  });

  it("are blended in the order of the calls to both", async () => {
    const pool = await open();
    const long = text.repeat(10);
    const [first, second] = [await fed(pool, "the cat"), await fed(pool, "by the ri")];
    const calls = [
      first.feed(long),
      first.blend(second, 0.3),
      first.feed(" saw"),
      second.feed("ver"),
    ] as const;
    const [, blend] = await Promise.all(calls);
    const expected = await (await fed(pool, "the cat", long)).blend(await fed(pool, "by the ri"), 0.3);
    expect(await blend.save()).toEqual(await expected.save());
    expect(await second.save()).toEqual(await (await fed(pool, "by the river")).save());
    await Promise.all([first.blend(second), second.blend(first), first.blend(first)]);
    expect(pool.waiting).toBe(0);
  });

  it("end with their disposal, or that of the pool", async () => {
    const pool = await open();
    const session = await fed(pool, "the");
    const writing = session.sample({ length: 1e9 });
    await writing.next();
    await session.dispose();
    await failure(writing.next(), "disposed", "session");
    await failure(session.feed("a"), "disposed", "session");
    const other = await fed(pool, "the");
    const [idle, reading] = [pool.sample({ length: 1e9 }), other.sample({ length: 1e9 })];
    await idle.next();
    const calls = [
      failure(reading.next(), "disposed", "pool"),
      failure(pool.sampleText({ length: 1e9 }), "disposed", "pool"),
      failure(pool.session({ state: await other.save() }), "disposed", "pool"),
    ];
    await pool.dispose();
    await Promise.all(calls);
    await failure(idle.next(), "disposed", "pool");
    await failure(other.feed("a"), "disposed", "pool");
    await failure(other.sampleText(), "disposed", "pool");
    await failure(pool.session(), "disposed", "pool");
    await failure(pool.sampleText(), "disposed", "pool");
    expect(() => pool.sampleStream()).toThrow(expect.objectContaining({ code: "disposed" }));
    await other.dispose();
    await pool.dispose();
    await pool[Symbol.asyncDispose]();
  });

  it("refuse what those of the model refuse, and stay as they are", async () => {
    const pool = await open();
    const session = await fed(pool, "the");
    const before = await session.save();
    await failure(session.feed(" §", { unknown: "error" }), "unknown-symbol", "§");
    await failure(session.sampleText({ banned: pool.info.symbols }), "no-symbol-left");
    await failure(session.suggest({ n: 0 }), "invalid-option", "n is 0");
    await failure(pool.sampleText({ prompt: "§", unknown: "error" }), "unknown-symbol");
    await failure(pool.sampleText({ promt: "the" } as object), "unknown-option", `"prompt"`);
    await failure(session.blend(await pool.session()), "contradictory-options", "read nothing");
    const other = await open();
    await failure(session.blend(await fed(other, "the")), "contradictory-options", "two models");
    expect(await session.save()).toEqual(before);
    expect(pool.waiting).toBe(0);
  });
});

describe("a worker of a pool that dies", () => {
  it("is replaced, and no session is lost but the call that it was busy with", async () => {
    const model = await alone();
    const workers = watchWorkers();
    const pool = await open();
    const [first] = workers.all();
    const idle = await fed(pool, beginning);
    const before = await idle.save();
    // Every reader has a piece of a text that takes many slices, and no reader asks for more until the worker is about to die.
    const length = 60_000;
    const sessions = await Promise.all(Array.from({ length: 4 }, () => fed(pool, beginning)));
    const texts = sessions.map(() => "");
    let goOn = (): void => undefined;
    const dying = new Promise<void>((resolve) => (goOn = resolve));
    const write = async (i: number) => {
      for await (const piece of sessions[i]?.sample({ length, seed: i, temperature: 1 }) ?? []) {
        texts[i] += piece;
        await dying;
      }
    };
    const writings = sessions.map((_, i) => write(i));
    while (texts.includes("")) await turn();
    for (const written of texts) expect(written.length).toBeLessThan(length);
    goOn();
    await first?.terminate();
    const ends = await Promise.allSettled(writings);

    const failed = ends.filter(({ status }) => status === "rejected");
    expect(failed.length).toBeLessThanOrEqual(1);
    for (const end of failed) {
      expect(end).toMatchObject({ reason: { code: "worker-crashed", cause: expect.any(Error) } });
    }
    for (const [i, session] of sessions.entries()) {
      const expected = await model.sampleText({ prompt: beginning, length, seed: i, temperature: 1 });
      if (ends[i]?.status === "fulfilled") expect(texts[i]).toBe(expected);
      else expect(expected.startsWith(texts[i] ?? "?")).toBe(true);
      expect(await session.save(), "at what was handed out").toEqual(
        await (await fed(model, beginning, texts[i] ?? "")).save(),
      );
    }
    expect(await idle.save()).toEqual(before);
    await idle.feed("og");
    expect(workers.all()).toHaveLength(3);
  });

  it("in the middle of a reading lets another one begin it anew", async () => {
    const workers = watchWorkers();
    const pool = await open({ workers: 1 });
    const session = await fed(pool, "the ");
    // Two long readings take turns: only one of them is under way when the worker dies.
    const long = text.repeat(150);
    const other = await fed(pool, "the ");
    const readings = [session.feed(long), other.feed(long)];
    await new Promise((resolve) => setTimeout(resolve, 200));
    await workers.last().terminate();
    const ends = await Promise.allSettled(readings);
    const isRead = ends.map(({ status }) => status === "fulfilled");
    expect(isRead).toContain(true);
    const [whole, nothing] = await Promise.all([fed(pool, "the ", long), fed(pool, "the ")]);
    for (const [i, each] of [session, other].entries()) {
      expect(await each.save()).toEqual(await (isRead[i] === true ? whole : nothing).save());
    }
  });

  it("while it has nothing to do is replaced, too", async () => {
    const workers = watchWorkers();
    const pool = await open({ workers: 1 });
    const session = await fed(pool, "the ");
    await workers.last().terminate();
    await session.feed("cat");
    expect(await session.save()).toEqual(await (await fed(await alone(), "the cat")).save());
    workers.last().emit("error", new Error("broken on purpose"));
    await session.feed(" saw");
    expect(workers.all()).toHaveLength(3);
  });

  it("with all others leaves nobody waiting for ever", async () => {
    const workers = watchWorkers();
    const pool = await open();
    const calls = Array.from({ length: 20 }, (_, i) => pool.sampleText({ length: 200, seed: i }));
    const ended = Promise.allSettled(calls);
    await turn();
    await Promise.all(workers.all().map((worker) => worker.terminate()));
    const failed = (await ended).filter(({ status }) => status === "rejected");
    expect(failed.length).toBeLessThanOrEqual(2);
    expect(await pool.sampleText({ length: 10 })).toHaveLength(10);
  });
});

describe("a pool is opened", () => {
  it("with so many workers, which end with it", async () => {
    const workers = watchWorkers();
    const pool = await open({ workers: 3 });
    expect(pool.workers).toBe(3);
    expect(workers.all()).toHaveLength(3);
    const exits = workers.all().map((worker) => once(worker, "exit"));
    await pool.dispose();
    await Promise.all(exits);
  });

  it("with the bytes as they are then, and the build that is asked for", async () => {
    const bytes = file.slice();
    const opening = open({ model: bytes, workers: 1, build: "relaxed" });
    bytes.fill(0);
    const pool = await opening;
    expect(pool.build).toBe("relaxed");
    expect(await pool.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("not at all with what is wrong, and then leaves no worker behind", async () => {
    const workers = watchWorkers();
    await failure(createPool({} as PoolOptions), "missing-option", "model");
    await failure(open({ model: "file" as never }), "invalid-option", "Uint8Array");
    await failure(open({ worker: 2 } as object), "unknown-option", `did you mean "workers"?`);
    await failure(open({ workers: 0 }), "invalid-option", "from 1 to 64");
    await failure(open({ workers: 65 }), "invalid-option");
    await failure(open({ maxQueue: 0 }), "invalid-option", "maxQueue");
    await failure(open({ maxSessions: 0.5 }), "invalid-option", "maxSessions");
    await failure(open({ build: "fast" as never }), "invalid-option", "build");
    expect(workers.all()).toEqual([]);
    await failure(open({ model: file.slice(0, -1) }), "bad-model-file");
    const reason = new Error("enough");
    await expect(open({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const opening = expect(open({ signal: controller.signal })).rejects.toBe(reason);
    while (workers.all().length < 4) await turn();
    controller.abort(reason);
    await opening;
    while (workers.all().some(({ threadId }) => threadId !== -1)) await turn();
  });

  it("with options that have all been tried here", () => {
    const tried = ["model", "workers", "maxQueue", "maxSessions", "build", "signal"];
    expect(Object.keys(optionsOf("pool")).toSorted()).toEqual(tried.toSorted());
  });
});
