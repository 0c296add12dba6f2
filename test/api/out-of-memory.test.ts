// An engine that has too little memory, in a process of its own: every call ends with an error that says so, and none hangs.
import { spawn } from "node:child_process";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { beforeAll, expect, it } from "vitest";

interface Found {
  readonly name: string;
  /** The code of the error that the call ended with. */
  readonly outcome: string;
  /** That of the next call of the model; of a call that makes one the next such call. */
  readonly after: string;
}

/** 64 KiB each: 10 MiB in all. */
const PAGES = 160;

/** What is asked for by a size. */
const SIZED = ["train", "activations", "activations of a text that fits", "gradientFlow", "create"];
/** What comes with more than there is room for, and is copied into WebAssembly before Rust sees it: without room the instance is lost. */
const OF_MODELS = [
  "train on a long text",
  "sampleText",
  "session",
  "feed",
  "evaluate",
  "score",
  "embed",
  "inputGradient",
];
const OF_THEIR_OWN = ["create from a long text", "load", "fill"];

let found: readonly Found[] = [];

beforeAll(async () => {
  const script = path.join(import.meta.dirname, "out-of-memory.mjs");
  const child = spawn(process.execPath, [`--wasm-max-mem-pages=${PAGES}`, script]);
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  expect(errors).toBe("");
  found = JSON.parse(printed) as readonly Found[];
});

const outcomeOf = (name: string) => found.find((each) => each.name === name);

it("all of these were tried", () => {
  const names = [...SIZED, ...OF_MODELS, ...OF_THEIR_OWN];
  expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

it.each(SIZED)("%s is refused, and the model stays as it is", (name) => {
  expect(outcomeOf(name)).toEqual({ name, outcome: "out-of-memory", after: "done" });
});

it.each(OF_MODELS)("%s is refused, or ends the worker, which says so from then on", (name) => {
  expect([
    { name, outcome: "out-of-memory", after: "done" },
    { name, outcome: "worker-crashed", after: "worker-crashed" },
  ]).toContainEqual(outcomeOf(name));
});

it.each(OF_THEIR_OWN)("%s is refused, and the next model is none the worse", (name) => {
  expect(["out-of-memory", "worker-crashed"]).toContain(outcomeOf(name)?.outcome);
  expect(outcomeOf(name)?.after).toBe("done");
});
