// Runs that are killed again and again, at random moments, by the signal that nobody can catch: each goes on from its last autosave
// and ends with the bytes of the unbroken run.
import { watch } from "node:fs";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { expect, it } from "vitest";
import { run, start, text, useFolder, type Running } from "./run.js";

const folder = useFolder();

/** Names of different lengths, so that their batches are shuffled. */
const names = Array.from({ length: 120 }, (_, i) => "abcdefghij".slice(0, 1 + (i % 9)) + "klm".repeat(i % 4));

const words = (line: string) => line.split(/\s+/);

const sizes = words("--hidden-size 16 --batch-size 4 --seq-length 16");

/** What is trained, and how often it is killed. Together they make twenty kills. */
const runs = [
  {
    name: "a gru with dropout",
    kills: 8,
    args: words("--embedding-size 8 --steps 9000 --dropout 0.1"),
  },
  {
    name: "documents in shuffled batches, with an average of the weights",
    kills: 3,
    learnt: names.join("\n"),
    args: words("--embedding-size 8 --documents --steps 6000 --average-decay 0.98 --zoneout 0.1"),
  },
  {
    name: "two layers of lstm, a rate that falls on plateaus, rmsprop",
    kills: 3,
    args: words(`--embedding-size 8 --steps 3000 --cell lstm --num-layers 2 --weight-drop 0.2
      --schedule plateau --patience 1 --evaluate-every 200 --optimizer rmsprop --momentum 0.5`),
  },
  {
    name: "a transformer with dropout",
    kills: 3,
    args: words("--steps 2500 --cell transformer --num-heads 2 --dropout 0.1"),
  },
  {
    name: "blocks with a trained initial state, one cycle, gradient descent",
    kills: 3,
    args: words(`--steps 2500 --block --train-initial-state
      --schedule one-cycle --optimizer sgd --learning-rate 0.05`),
  },
];

/** Seeded numbers in [0, 1) (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Something that has to do with temporary files happens so many times: one is being written then, or was a moment ago. */
function writes(count: number): { readonly happened: Promise<void>; stop(): void } {
  let stop = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    let left = count;
    const watcher = watch(folder.path, (_, name) => {
      if (name?.endsWith(".tmp") !== true) return;
      left -= 1;
      if (left === 0) resolve();
    });
    stop = () => watcher.close();
  });
  return { happened, stop: () => stop() };
}

/** Waits for a file, or for the end of the run that writes it. */
async function untilThere(path: string, { process }: Running): Promise<void> {
  while (process.exitCode === null && !(await exists(path))) await after(5);
}

/** Kills a run at a random moment of the time that an unbroken one takes. Returns whether it was still running. */
async function killAtRandom(
  training: Running,
  { milliseconds, random, file }: { milliseconds: number; random: () => number; file: string | undefined },
): Promise<boolean> {
  // Half of them while a file is written, or that is what they hope for: between two and thirty changes of the folder.
  const saving = writes(random() < 0.5 ? 2 + Math.floor(random() * 29) : Infinity);
  const moment = Promise.race([saving.happened, after(random() * milliseconds)]);
  const afterFile = file === undefined ? undefined : untilThere(file, training);
  await Promise.race([Promise.all([moment, afterFile]), training.outcome]);
  saving.stop();
  training.process.kill("SIGKILL");
  const { status, stderr } = await training.outcome;
  // Killed: no status.
  expect([null, 0], stderr).toContain(status);
  return status === null;
}

it.each(runs)(
  "$name: $kills kills",
  async ({ name, kills, args, learnt }) => {
    await writeFile(folder.file("notes.txt"), learnt ?? text);
    const how = ["--build", "simd128", "--json"];
    const fresh = ["train", "notes.txt", ...sizes, ...args, ...how];
    const began = performance.now();
    const whole = await run(folder.path, [...fresh, "--out", "whole.safetensors"]);
    const milliseconds = performance.now() - began;
    expect(whole, whole.stderr).toMatchObject({ status: 0 });
    const expected = await readFile(folder.file("whole.safetensors"));

    const cut = folder.file("cut.safetensors");
    const resume = ["train", "notes.txt", "--resume", "cut.safetensors", ...how];
    const saving = ["--autosave", "0.01", "--out", "cut.safetensors"];
    // What whoever starts it again does: goes on with what there is, and where there is nothing yet begins anew.
    const go = async () => start(folder.path, [...((await exists(cut)) ? resume : fresh), ...saving]);
    const isWhole = async () => (await exists(cut)) && (await readFile(cut)).equals(expected);
    const random = randomNumbers(runs.findIndex((known) => known.name === name));
    let done = 0;
    while (done < kills) {
      // The last one leaves something to go on with.
      const file = done === kills - 1 ? cut : undefined;
      const wasRunning = await killAtRandom(await go(), { milliseconds, random, file });
      if (!wasRunning) expect(await isWhole(), "the bytes of the unbroken run").toBe(true);
      // Over, perhaps by a hair's breadth: the kills to come are another run's.
      if (await isWhole()) await rm(cut);
      else if (wasRunning) done += 1;
    }
    expect(await exists(cut), "an autosave to go on from").toBe(true);
    const { status, stderr } = await (await go()).outcome;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await isWhole(), "the bytes of the unbroken run").toBe(true);
    expect(await folder.names(), "nothing is left of what was cut off").toEqual([
      "cut.safetensors",
      "notes.txt",
      "whole.safetensors",
    ]);
  },
  300_000,
);
