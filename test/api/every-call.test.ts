// What holds for every call: it ends, with the right error, when its worker dies, when it is aborted wherever it waits, and when what it is a
// call of is disposed of.
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createPool, TextModel, type Pool, type Session } from "mynah";
import {
  methodsOf,
  modelCalls,
  poolCalls,
  sessionCalls,
  startingCalls,
  variants,
  type Begin,
  type Call,
} from "./calls.js";
import { failure } from "./errors.js";
import { create, places, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";

let file = new Uint8Array();
const pools: Pool[] = [];

beforeAll(async () => {
  await using model = await TextModel.create({ text, ...small, worker: false, build: "simd128" });
  file = await model.save();
});

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.dispose();
});

async function openPool(): Promise<Pool> {
  const pool = await createPool({ model: file, workers: 1 });
  pools.push(pool);
  return pool;
}

/**
 * Workers that can be made deaf: from then on no message reaches them, so that whatever they are asked for is not answered. To be called before
 * they are started.
 */
function deafenWorkers(): { deafen(isDeaf?: boolean): void; asked(): Worker[] } {
  let isDeaf = false;
  const asked = new Set<Worker>();
  const { postMessage } = Worker.prototype;
  const spy = vi.spyOn(Worker.prototype, "postMessage");
  spy.mockImplementation(function (this: Worker, ...args: Parameters<typeof postMessage>) {
    if (isDeaf) asked.add(this);
    else postMessage.apply(this, args);
  });
  onTestFinished(() => spy.mockRestore());
  return {
    deafen(now = true) {
      isDeaf = now;
    },
    /** Who was asked in vain. */
    asked: () => [...asked],
  };
}

/** Lets everything happen that only waits for the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("is in the tables", async () => {
  const pool = await openPool();
  const session = await pool.session();
  const names = (calls: readonly { readonly name: string }[]) => calls.map(({ name }) => name).toSorted();
  expect(names(modelCalls)).toEqual(methodsOf(TextModel.prototype).toSorted());
  expect(names(sessionCalls)).toEqual(methodsOf(Object.getPrototypeOf(session) as object).toSorted());
  expect(names(poolCalls)).toEqual(methodsOf(Object.getPrototypeOf(pool) as object).toSorted());
});

describe("a worker that is killed", () => {
  /** Kills those that were asked for something, as soon as one was. */
  async function kill({ asked }: ReturnType<typeof deafenWorkers>): Promise<void> {
    while (asked().length === 0) await turn();
    await Promise.all(asked().map((worker) => worker.terminate()));
  }

  it.each(modelCalls)("ends model.$name, and all that come after it", async (call) => {
    const workers = deafenWorkers();
    const model = await create({ worker: true }, call.options);
    await call.prepare?.(model);
    workers.deafen();
    const pending = failure(call.begin(model), "worker-crashed");
    await kill(workers);
    await pending;
    await failure(call.begin(model), "worker-crashed");
  });

  it.each(sessionCalls)("ends session.$name, and all that come after it", async (call) => {
    const workers = deafenWorkers();
    const model = await create({ worker: true });
    const session = await model.session();
    await call.prepare?.(session);
    workers.deafen();
    const pending = failure(call.begin(session), "worker-crashed");
    await kill(workers);
    await pending;
    await failure(call.begin(session), "worker-crashed");
  });

  it.each(startingCalls)("ends $name", async ({ begin }) => {
    const workers = deafenWorkers();
    workers.deafen();
    const pending = failure(begin(file), "worker-crashed");
    await kill(workers);
    await pending;
  });

  // A session of a pool begins in this thread.
  it.each(poolCalls.filter(({ name }) => name !== "session"))(
    "ends the one pool.$name that it serves",
    async (call) => {
      const workers = deafenWorkers();
      const pool = await openPool();
      workers.deafen();
      const pending = failure(call.begin(pool), "worker-crashed", "another one in its place");
      while (workers.asked().length === 0) await turn();
      workers.deafen(false);
      await kill(workers);
      await pending;
      expect(await pool.sampleText({ length: 10 })).toHaveLength(10);
    },
  );
});

const reason = new Error("enough");

interface Moment {
  readonly when: string;
  readonly later: (abort: () => void) => void;
  /** Whether the call may have come to its end before. */
  readonly mayBeLate: boolean;
}

/** When the abort comes after a wait has begun; what is waited for is begun only after that. */
const moments: readonly Moment[] = [
  { when: "at once", later: (abort) => abort(), mayBeLate: false },
  { when: "soon", later: (abort) => void Promise.resolve().then(abort), mayBeLate: true },
  { when: "after a turn", later: (abort) => void setImmediate(abort), mayBeLate: true },
];

/** A signal that is aborted when it has been waited for so many times; how often that was. */
function abortAt(wait: number, { later }: Moment) {
  const controller = new AbortController();
  const { signal } = controller;
  const { addEventListener } = signal;
  const waits = { begun: 0 };
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    addEventListener.apply(signal, args);
    waits.begun += 1;
    if (waits.begun === wait) later(() => controller.abort(reason));
  };
  return { signal, waits };
}

/** More waits than any of these calls has, but for one that waits without end. */
const MOST_WAITS = 40;

/** Aborts a call at its first wait, at its second, and so on, until one has no more of them. Returns how many it has. */
async function abortEverywhere<Subject>(
  begin: Begin<Subject>,
  subject: Subject,
  moment: Moment,
  after: () => Promise<void>,
): Promise<number> {
  for (let wait = 1; wait <= MOST_WAITS; wait++) {
    const { signal, waits } = abortAt(wait, moment);
    const outcome = await begin(subject, { signal }).then(
      () => "done",
      (error: unknown) => error,
    );
    if (waits.begun < wait) {
      expect(outcome).toBe("done");
      return waits.begun;
    }
    if (moment.mayBeLate && outcome === "done") continue;
    expect(outcome, `at wait ${wait}`).toBe(reason);
    expect(signal.aborted).toBe(true);
    await after();
  }
  return MOST_WAITS;
}

/** {@link abortEverywhere}, each time with the session as it was; of a text that is written a part may have been handed out. */
async function abortInSession(call: Call<Session>, session: Session, moment: Moment): Promise<number> {
  let before = await session.save();
  const begin: Begin<Session> = async (subject, more) => {
    await call.begin(subject, more);
    // The signal was late.
    before = await subject.save();
  };
  return abortEverywhere(begin, session, moment, async () => {
    if (!call.name.startsWith("sample")) expect(await session.save()).toEqual(before);
    await session.suggest();
  });
}

describe.each(moments)("a signal that is aborted $when", (moment) => {
  const [inPlace, inWorker] = places.filter(({ build }) => build === "simd128");

  describe.each([inPlace, inWorker])("$name", (place) => {
    it.each(modelCalls.filter(({ isAbortable }) => isAbortable))(
      "ends model.$name wherever it waits, and the model stays usable",
      async (call) => {
        const model = await create(place ?? {}, call.options);
        await call.prepare?.(model);
        const waits = await abortEverywhere(call.begin, model, moment, async () => {
          if (call.options?.bidirectional !== true) await model.sampleText({ length: 1 });
          await model.save();
        });
        expect(waits).toBeGreaterThan(0);
      },
    );

    it.each(variants)("ends $what wherever it waits, and the model stays usable", async (variant) => {
      const { begin, prepare, mayBeLate = moment.mayBeLate } = variant;
      const workers = watchWorkers();
      const model = await create(place ?? {});
      await prepare?.(model);
      const own = place?.worker === true ? 1 : 0;
      const waits = await abortEverywhere(begin, model, { ...moment, mayBeLate }, async () => {
        await model.sampleText({ length: 1 });
        await model.save();
        // Those that only helped are gone.
        while (workers.all().filter(({ threadId }) => threadId !== -1).length > own) await turn();
      });
      expect(waits).toBeGreaterThan(1);
    });

    it.each(sessionCalls.filter(({ isAbortable }) => isAbortable))(
      "ends session.$name wherever it waits, and the session is as it was",
      async (call) => {
        const model = await create(place ?? {});
        const session = await model.session();
        await call.prepare?.(session);
        expect(await abortInSession(call, session, moment)).toBeGreaterThan(0);
      },
    );
  });

  it.each(startingCalls)("ends $name wherever it waits, and its workers", async ({ begin }) => {
    const workers = watchWorkers();
    const waits = await abortEverywhere(begin, file, moment, async () => undefined);
    expect(waits).toBeGreaterThan(0);
    while (workers.all().some(({ threadId }) => threadId !== -1)) await turn();
  });

  it.each(poolCalls)("ends pool.$name wherever it waits, and the pool stays usable", async (call) => {
    const pool = await openPool();
    const waits = await abortEverywhere(call.begin, pool, moment, async () => {
      await pool.sampleText({ length: 1 });
    });
    expect(waits).toBeGreaterThan(0);
    expect(pool.waiting).toBe(0);
  });

  it.each(sessionCalls.filter(({ isAbortable }) => isAbortable))(
    "ends session.$name of a pool wherever it waits, and the session is as it was",
    async (call) => {
      const pool = await openPool();
      const session = await pool.session();
      await abortInSession(call, session, moment);
      expect(pool.waiting).toBe(0);
    },
  );
});

describe("after the end", () => {
  /** What a call rejects with, and the stream's that throws. */
  const refused = <Subject>(call: Call<Subject>, subject: Subject, what: string) =>
    failure((async () => call.begin(subject))(), "disposed", what);

  it.each(places.flatMap((place) => modelCalls.map((call) => ({ ...call, place, where: place.name }))))(
    "of a model $where, $name is refused, and one that is pending ends",
    async ({ place, ...call }) => {
      const model = await create(place, call.options);
      await call.prepare?.(model);
      // It may be done before; a hang is what there must not be.
      const pending = call.begin(model).then(
        () => "done",
        (error: { code?: string }) => error.code,
      );
      await model.dispose();
      expect(["done", "disposed"]).toContain(await pending);
      await refused(call, model, "model");
      await model.dispose();
    },
  );

  it.each(sessionCalls)("of a session, of its model or of its pool $name is refused", async (call) => {
    const owners = [
      { owner: await create({ worker: true }), what: "model" },
      { owner: await openPool(), what: "pool" },
    ];
    for (const { owner, what } of owners) {
      const [session, other] = [await owner.session(), await owner.session()];
      await session.dispose();
      await session.dispose();
      await refused(call, session, "session");
      await owner.dispose();
      await refused(call, other, what);
      await other.dispose();
    }
  });

  it.each(poolCalls)("of a pool $name is refused", async (call) => {
    const pool = await openPool();
    await pool.dispose();
    await pool.dispose();
    await refused(call, pool, "pool");
  });
});
