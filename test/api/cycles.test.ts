// Models that come and go, in a process of their own: after a thousand of them nothing is left of any.
import { spawn } from "node:child_process";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { expect, it } from "vitest";

interface Taken {
  /** Bytes of WebAssembly's memory. */
  readonly wasm: number;
  /** Bytes in use of JavaScript's heap, and outside of it, after a collection. */
  readonly heap: number;
  readonly external: number;
  /** Ports, threads and other things that are open. */
  readonly open: readonly string[];
}

/** Runs cycles.mjs: what there is after the first cycles, and after all. */
async function cycle(kind: string, first: number, all: number): Promise<{ before: Taken; after: Taken }> {
  const script = path.join(import.meta.dirname, "cycles.mjs");
  const child = spawn(process.execPath, ["--expose-gc", script, kind, String(first), String(all)]);
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  expect(errors).toBe("");
  return JSON.parse(printed) as { before: Taken; after: Taken };
}

/**
 * What code that gets warm, and is compiled, may take: 0.6 MB in the first thousand cycles, and in the three thousand after them nothing (72 KB;
 * Node 20, 2026-11-26). A model that is not given up takes more than 10 KB, a session 1.5 KB.
 */
const SLACK = 1_000_000;

it.each([
  { kind: "in-place", what: "a thousand models in this thread", first: 100, all: 1000 },
  { kind: "sessions", what: "a thousand sessions of one model", first: 100, all: 1000 },
  { kind: "worker", what: "a hundred models in workers", first: 20, all: 100 },
  { kind: "pool", what: "a thousand sessions of a pool, and twenty pools", first: 4, all: 20 },
])(
  "$what leave nothing behind",
  async ({ kind, first, all }) => {
    const { before, after } = await cycle(kind, first, all);
    expect(after.wasm).toBe(before.wasm);
    expect(after.open).toEqual(before.open);
    expect(after.heap - before.heap).toBeLessThan(SLACK);
    expect(after.external - before.external).toBeLessThan(SLACK);
  },
  180_000,
);
