// Who gets a worker of a pool, and when: on workers that do nothing by themselves.
import { describe, expect, it } from "vitest";
import { MynahError } from "../../../ts/src/errors.js";
import type { PoolWorker } from "../../../ts/src/pool/pool-worker.js";
import { Turns } from "../../../ts/src/pool/turns.js";
import type { WorkerEngine } from "../../../ts/src/worker/worker-engine.js";

const crash = () =>
  new MynahError("worker-crashed", "The worker died", { cause: new Error("broken on purpose") });

class FakeEngine {
  /** By which one does not equal another. */
  readonly name = Symbol("engine");
  isDisposed = false;
  #listener: (error: MynahError) => void = () => undefined;
  onDeath(listener: (error: MynahError) => void): void {
    this.#listener = listener;
  }
  die(): void {
    this.#listener(crash());
  }
  async dispose(): Promise<void> {
    this.isDisposed = true;
  }
}

/** Turns over so many workers; `start` says what becomes of those that take the place of others. */
function turnsOver(count: number, start: () => Promise<FakeEngine> = async () => new FakeEngine()) {
  const turns = new Turns(start as unknown as () => Promise<WorkerEngine>);
  const engines = Array.from({ length: count }, () => new FakeEngine());
  for (const engine of engines) turns.add(engine as unknown as WorkerEngine);
  return { turns, engines };
}

/** Work that goes on until it is told to end. */
function work() {
  let settle: { done(): void; fail(error: Error): void } | undefined;
  let worker: PoolWorker | undefined;
  const done = new Promise<void>((resolve, reject) => (settle = { done: resolve, fail: reject }));
  return {
    on: () => worker,
    end: () => settle?.done(),
    fail: (error: Error) => settle?.fail(error),
    async begin(on: PoolWorker) {
      worker = on;
      await done;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("turns", () => {
  it("are taken in their order by whichever worker is free", async () => {
    const { turns, engines } = turnsOver(2);
    const works = Array.from({ length: 4 }, work);
    const tickets = works.map(({ begin }) => turns.take(undefined, begin));
    const on = () => works.map((each) => each.on()?.engine);
    expect(on()).toEqual([...engines, undefined, undefined]);
    works[1]?.end();
    await tickets[1]?.result;
    await turn();
    expect(on()).toEqual([...engines, engines[1], undefined]);
    for (const each of works) each.end();
    await Promise.all(tickets.map(({ result }) => result));
    expect(on()[3]).toBeDefined();
  });

  it("wait for the worker that they want, and let nobody wait for that", async () => {
    const { turns, engines } = turnsOver(2);
    const [first, second, third, other] = [work(), work(), work(), work()];
    const busy = turns.take(undefined, first.begin);
    const wanted = first.on();
    turns.take(wanted, second.begin);
    turns.take(undefined, third.begin);
    expect([second.on(), third.on()?.engine]).toEqual([undefined, engines[1]]);
    // Whoever came first is first, whether he wants one or takes any.
    turns.take(undefined, other.begin);
    first.end();
    await busy.result;
    await turn();
    expect([second.on(), other.on()]).toEqual([wanted, undefined]);
    second.end();
    await turn();
    expect(other.on()).toBe(wanted);
  });

  it("begin where the least is open, whenever they come", async () => {
    const { turns, engines } = turnsOver(3);
    const begun: PoolWorker[] = [];
    const begin = async () => {
      const { result } = turns.take(undefined, async (worker) => {
        worker.stays += 1;
        begun.push(worker);
      });
      await result;
      await turn();
    };
    for (let i = 0; i < 6; i++) await begin();
    const left = begun[1];
    if (left !== undefined) left.stays -= 2;
    await begin();
    await begin();
    const expected = [...engines, ...engines, engines[1], engines[1]];
    expect(begun.map(({ engine }) => engine)).toEqual(expected);
  });

  it("can be given up before they come, and not after", async () => {
    const { turns } = turnsOver(1);
    const [first, second, third] = [work(), work(), work()];
    const tickets = [first, second, third].map(({ begin }) => turns.take(undefined, begin));
    const error = new MynahError("disposed", "given up");
    for (const ticket of tickets.slice(0, 2)) ticket.giveUp(error);
    await expect(tickets[1]?.result).rejects.toBe(error);
    first.end();
    await tickets[0]?.result;
    await turn();
    expect(second.on()).toBeUndefined();
    expect(third.on()).toBeDefined();
  });
});

describe("a worker that dies", () => {
  it("leaves the turns that wanted it to others, in their order", async () => {
    const { turns, engines } = turnsOver(2);
    const [first, second, third, fourth] = [work(), work(), work(), work()];
    const failing = turns.take(undefined, first.begin);
    const holding = turns.take(undefined, second.begin);
    turns.take(first.on(), third.begin);
    turns.take(undefined, fourth.begin);
    engines[0]?.die();
    first.fail(crash());
    await expect(failing.result).rejects.toMatchObject({
      code: "worker-crashed",
      message: expect.stringContaining("broken on purpose"),
    });
    await turn();
    expect(engines[0]?.isDisposed).toBe(true);
    // The one that took its place.
    expect(third.on()?.engine).not.toBe(engines[0]);
    expect(third.on()?.engine).not.toBe(engines[1]);
    expect(fourth.on()).toBeUndefined();
    second.end();
    await holding.result;
    await turn();
    expect(fourth.on()?.engine).toBe(engines[1]);
  });

  it("is seen by what it fails with, if its thread lives on", async () => {
    let started = 0;
    const { turns, engines } = turnsOver(1, async () => {
      started += 1;
      return new FakeEngine();
    });
    const [first, second] = [work(), work()];
    const ticket = turns.take(undefined, first.begin);
    first.fail(crash());
    await expect(ticket.result).rejects.toMatchObject({ code: "worker-crashed" });
    turns.take(undefined, second.begin);
    await turn();
    expect([engines[0]?.isDisposed, started]).toEqual([true, 1]);
    expect(second.on()).toBeDefined();
    engines[0]?.die();
    await turn();
    expect(started, "it is replaced once").toBe(1);
  });

  it("and cannot be replaced refuses those who wait, and is tried again by the next call", async () => {
    let isPossible = false;
    const { turns, engines } = turnsOver(1, async () => {
      if (!isPossible) throw new Error("no thread left");
      return new FakeEngine();
    });
    const [first, second] = [work(), work()];
    const busy = turns.take(undefined, first.begin);
    const waiting = turns.take(undefined, second.begin);
    engines[0]?.die();
    await expect(waiting.result).rejects.toMatchObject({
      code: "worker-crashed",
      message: expect.stringContaining("no thread left"),
    });
    first.fail(crash());
    await expect(busy.result).rejects.toMatchObject({ code: "worker-crashed" });
    isPossible = true;
    const third = work();
    const ticket = turns.take(undefined, third.begin);
    await turn();
    third.end();
    await ticket.result;
  });

  it("keeps those waiting who have another one", async () => {
    const { turns, engines } = turnsOver(2, async () => {
      throw new Error("no thread left");
    });
    const [first, second, third] = [work(), work(), work()];
    turns.take(undefined, first.begin).result.catch(() => undefined);
    turns.take(undefined, second.begin);
    const waiting = turns.take(undefined, third.begin);
    engines[0]?.die();
    await turn();
    second.end();
    await turn();
    expect(third.on()?.engine).toBe(engines[1]);
    third.end();
    await waiting.result;
  });
});

it("after the end nobody waits, and who is being started is ended", async () => {
  const late = new FakeEngine();
  let arrive = (): void => undefined;
  const { turns, engines } = turnsOver(2, () => new Promise((resolve) => (arrive = () => resolve(late))));
  engines[1]?.die();
  const [first, second] = [work(), work()];
  const busy = turns.take(undefined, first.begin);
  const waiting = turns.take(undefined, second.begin);
  const refused = [busy, waiting].map(({ result }) =>
    expect(result).rejects.toMatchObject({ code: "disposed" }),
  );
  await turns.dispose();
  arrive();
  first.fail(crash());
  await Promise.all(refused);
  const after = turns.take(undefined, first.begin);
  await expect(after.result).rejects.toMatchObject({ code: "disposed" });
  await turn();
  expect([engines[0]?.isDisposed, late.isDisposed]).toEqual([true, true]);
});
