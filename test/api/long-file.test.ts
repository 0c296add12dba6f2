// A long file is read in pieces, and is nowhere more often than docs/storage.md says: each time in a process of its own, whose peak is read.
import { spawn } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { text } from "./models.js";

const SYMBOLS = 40_000_000;

/**
 * Bytes for each of the file, beside what a process takes that trains on little: the file in JavaScript and in WebAssembly, its tokens with
 * the room that they grow into, 3.3 in all, and what Node has not given back yet of the pieces. 3.8 to 4.3 were measured (Node 20, 2026-11-26).
 */
const MOST_TIMES = 5;

/** Runs long-file.mjs on a file of so many symbols; its peak, in bytes. */
async function peakOf(folder: string, symbols: number): Promise<number> {
  const file = path.join(folder, `${symbols}.txt`);
  const output = await open(file, "w");
  const part = Buffer.from(text.repeat(100));
  for (let at = 0; at < symbols; at += part.length) await output.write(part);
  await output.close();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "long-file.mjs"), file]);
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  expect(errors).toBe("");
  const { symbols: read, peak } = JSON.parse(printed) as { symbols: number; peak: number };
  expect(read).toBe(symbols);
  return peak;
}

it("a file of 40 MB trains in less than five times its size", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "mynah-long-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const little = await peakOf(folder, 160_000);
  const much = await peakOf(folder, SYMBOLS);
  expect(much - little).toBeLessThan(MOST_TIMES * SYMBOLS);
  // The process has read it at all.
  expect(much - little).toBeGreaterThan(SYMBOLS);
}, 300_000);
