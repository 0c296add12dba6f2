// How soon a run answers: pause(), resume() and an abort, at moments that have nothing to do with its steps.
//
//   npm run bench -- control            a table
//   npm run bench -- control --json     one JSON object per row
//
// A pause is over when pause() resolves: from then on nobody computes. A resumed run has answered when it tells a step. An abort
// ends the run's promise at once; what is under way in the worker goes on to the end of its step, and then the model answers other calls.
import { setTimeout as sleep } from "node:timers/promises";
import { flags } from "./lib/arguments.mjs";
import { BARE_TRAINING } from "./lib/bare-training.mjs";
import { circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { textOf } from "./lib/text.mjs";
import { TextModel } from "../dist/node/index.js";

const options = flags();
const [RUNS, PAUSES] = options.smoke ? [1, 1] : [10, 5];
/** Longer than a slice of work, so that calls come at any moment of one. */
const MOST_WAIT = options.smoke ? 1 : 150;
const BAR = 100;

const W2 = { batchSize: 32, seqLength: 64 };
const MODELS = options.smoke
  ? [{ hiddenSize: 8, batchSize: 2, seqLength: 8, workers: 1 }]
  : [
      { hiddenSize: 256, ...W2, workers: 1 },
      { hiddenSize: 256, ...W2, workers: 2 },
      { hiddenSize: 512, ...W2, workers: 1 },
      { hiddenSize: 512, ...W2, workers: 2 },
    ];

const ANSWERS = /** @type {const} */ (["pause", "resume", "abort", "free"]);

/** @param {number[]} times */
const shown = (times) => `${median(times).toFixed(0)} (${Math.max(...times).toFixed(0)})`;

const table = output({
  name: "control",
  circumstances: circumstances(
    `by the clock, LSTM, simd128, medians and worst of ${RUNS * PAUSES} pauses and ${RUNS} aborts, in ms`,
  ),
  head: ["H", "B", "T", "workers", "a step", "pause", "resume", "abort", "model free again", "bar"],
  cells: ({ hiddenSize, batchSize, seqLength, workers, step, times }) => [
    hiddenSize,
    batchSize,
    seqLength,
    workers,
    step.toFixed(0),
    ...ANSWERS.map((answer) => shown(times[answer])),
    BAR,
  ],
  flags: options,
});

/** Milliseconds that something takes. */
async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** At any moment. */
const wait = () => sleep(Math.random() * MOST_WAIT);

/** Pauses a run, goes on with it and aborts it in the end; adds to `times`. Milliseconds of a step. */
async function measureRun(model, text, settings, times) {
  const controller = new AbortController();
  let told = (_step) => undefined;
  const nextStep = () => new Promise((resolve) => (told = resolve));
  const run = model.train({
    ...BARE_TRAINING,
    text,
    ...settings,
    steps: 1_000_000,
    signal: controller.signal,
    onStep: (step) => told(step),
  });
  const first = nextStep();
  const ended = Promise.resolve(run).catch(() => undefined);
  await first;
  for (let pause = 0; pause < PAUSES; pause++) {
    await wait();
    times.pause.push(await timed(() => run.pause()));
    times.resume.push(
      await timed(() => {
        run.resume();
        return nextStep();
      }),
    );
  }
  const { tokensPerSecond } = await nextStep();
  await wait();
  const begin = performance.now();
  controller.abort();
  await ended;
  times.abort.push(performance.now() - begin);
  await model.encode("the");
  times.free.push(performance.now() - begin);
  return (1000 * settings.batchSize * settings.seqLength) / tokensPerSecond;
}

const text = textOf(400_000);
for (const { hiddenSize, ...settings } of MODELS) {
  const model = await TextModel.create({ text, cell: "lstm", hiddenSize, build: "simd128" });
  const times = { pause: [], resume: [], abort: [], free: [] };
  const steps = [];
  for (let round = 0; round < RUNS; round++) steps.push(await measureRun(model, text, settings, times));
  table.row({ hiddenSize, ...settings, step: median(steps), times });
  await model.dispose();
}
table.end();
