// An engine that has too little memory, in a process of its own: every call ends with an error that says so, and none hangs.
import { spawn } from "node:child_process";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { beforeAll, expect, it } from "vitest";
import { modelCalls, poolCalls, sessionCalls, startingCalls } from "./calls.js";

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
const SIZED = [
  "model.train",
  "model.activations",
  "model.activations of a text that fits",
  "model.gradientFlow",
  "TextModel.create",
];
/** What comes with more than there is room for, and is copied into WebAssembly before Rust sees it: without room the instance is lost. */
const OF_MODELS = [
  "model.train on a long text",
  "model.resume",
  "model.sample",
  "model.sampleText",
  "model.sampleStream",
  "model.sampleMany",
  "model.session",
  "model.session of a state",
  "model.fill",
  "model.evaluate",
  "model.score",
  "model.embed",
  "model.inputGradient",
  "model.encode",
  "model.decode",
  "session.feed",
  "session.sample",
  "session.sampleText",
  "session.sampleStream",
  "session.fork",
  "session.blend",
];
/** What asks for little, of a model whose memory is full to the last session. */
const OF_THE_FULL = [
  "model.lastTraining",
  "model.exportTokenizer",
  "model.save",
  "model.saveCheckpoint",
  "session.suggest",
  "session.save",
];
/** What ends with its worker, if at all, in whose place comes another one. */
const OF_THEIR_OWN = [
  "pool.session",
  "pool.sample",
  "pool.sampleText",
  "pool.sampleStream",
  "TextModel.create from a long text",
  "TextModel.load",
  "TextModel.load with growAlphabet",
  "createPool",
  "suggest",
];
/** What does its work in JavaScript's memory, of which there is enough. */
const ELSEWHERE = ["memoryEstimate", "overlap"];

let found: readonly Found[] = [];
let sessions = 0;

beforeAll(async () => {
  const script = path.join(import.meta.dirname, "out-of-memory.mjs");
  const child = spawn(process.execPath, [`--wasm-max-mem-pages=${PAGES}`, script]);
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  expect(errors).toBe("");
  ({ found, sessions } = JSON.parse(printed) as { found: Found[]; sessions: number });
}, 300_000);

const outcomeOf = (name: string) => found.find((each) => each.name === name);

it("all of these were tried", () => {
  const names = [...SIZED, ...OF_MODELS, ...OF_THE_FULL, ...OF_THEIR_OWN, ...ELSEWHERE];
  expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

it("no call is forgotten", () => {
  const of = (what: string, calls: readonly { readonly name: string }[]) =>
    calls.map(({ name }) => `${what}${name}`);
  const calls = [
    ...of("model.", modelCalls),
    ...of("session.", sessionCalls),
    ...of("pool.", poolCalls),
    ...of("", startingCalls),
  ];
  const tried = new Set(found.map(({ name }) => name));
  expect(calls.filter((name) => !tried.has(name))).toEqual([]);
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

it.each(OF_THE_FULL)(
  "%s of a model that has no room left is answered, refused, or ends the worker",
  (name) => {
    // Of 24 KB each.
    expect(sessions).toBeGreaterThan(100);
    expect([
      { name, outcome: "done", after: "done" },
      { name, outcome: "out-of-memory", after: "done" },
      { name, outcome: "worker-crashed", after: "worker-crashed" },
    ]).toContainEqual(outcomeOf(name));
  },
);

it.each(OF_THEIR_OWN)("%s is refused, and the next one is none the worse", (name) => {
  expect(["out-of-memory", "worker-crashed"]).toContain(outcomeOf(name)?.outcome);
  expect(outcomeOf(name)?.after).toBe("done");
});

it.each(ELSEWHERE)("%s needs none of it", (name) => {
  expect(outcomeOf(name)).toEqual({ name, outcome: "done", after: "done" });
});
