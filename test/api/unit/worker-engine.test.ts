// The engine in a worker, seen from this side: who is told that it died. On a worker that does nothing.
import type { Endpoint } from "comlink";
import { expect, it } from "vitest";
import { Turns } from "../../../ts/src/pool/turns.js";
import { WorkerEngine } from "../../../ts/src/worker/worker-engine.js";

function start() {
  const listeners: ((cause: unknown) => void)[] = [];
  const { port1 } = new MessageChannel();
  const engine = new WorkerEngine({
    endpoint: port1 as unknown as Endpoint,
    onDeath: (listener) => void listeners.push(listener),
    terminate: async () => port1.close(),
    keepAlive: () => undefined,
  });
  const die = () => {
    for (const listener of listeners) listener(new Error("broken on purpose"));
  };
  return { engine, die };
}

it("tells of a death that comes, and of one that came before", async () => {
  const { engine, die } = start();
  const told: string[] = [];
  engine.onDeath(({ code }) => told.push(`early: ${code}`));
  die();
  expect(told).toEqual(["early: worker-crashed"]);
  engine.onDeath(({ code }) => told.push(`late: ${code}`));
  expect(told, "not before who asks has what he asked").toHaveLength(1);
  await Promise.resolve();
  expect(told).toEqual(["early: worker-crashed", "late: worker-crashed"]);
  await engine.dispose();
});

it("that dies before it has ever answered could not be started, and took no model with it", async () => {
  const { engine, die } = start();
  const call = engine.save();
  die();
  await expect(call).rejects.toMatchObject({
    code: "worker-crashed",
    message: "No worker could be started (broken on purpose)",
  });
});

it("tells of no end by disposal", async () => {
  const { engine, die } = start();
  const told: string[] = [];
  engine.onDeath(({ code }) => told.push(code));
  await engine.dispose();
  die();
  engine.onDeath(({ code }) => told.push(code));
  await Promise.resolve();
  expect(told).toEqual([]);
});

it("that is dead when a pool gets it is replaced at once", async () => {
  const dead = start();
  dead.die();
  const others: WorkerEngine[] = [];
  const turns = new Turns(async () => {
    const { engine } = start();
    others.push(engine);
    return engine;
  });
  turns.add(dead.engine);
  await Promise.resolve();
  const { result } = turns.take(undefined, async ({ engine }) => engine);
  expect([await result]).toEqual(others);
  await turns.dispose();
});
