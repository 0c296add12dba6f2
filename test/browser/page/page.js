// What the tests do inside the page. Served as it is, with the built package beside it: no bundler, no transpiler; "mynah" is
// found by the import map of index.html.
// The tests call it through `globalThis.inPage`.
import { MynahError, TextModel } from "mynah";
import { sha256, runRecipe } from "./recipe.js";

/** @import { CreateOptions, TrainOptions } from "mynah" */

/**
 * What the main thread was busy with for longer than 50 ms at a stretch, in milliseconds, while `work` went on. The
 * browser itself counts this (the Long Tasks API); a clock of our own would also see the page waiting for a processor.
 *
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number[]>}
 */
async function longTasksDuring(work) {
  /** @type {number[]} */
  const tasks = [];
  const note = (/** @type {PerformanceEntry[]} */ entries) =>
    tasks.push(...entries.map((entry) => entry.duration));
  const observer = new PerformanceObserver((list) => void note(list.getEntries()));
  observer.observe({ type: "longtask" });
  await work();
  // A task is reported after its end; this one has to end first.
  await new Promise((resolve) => setTimeout(resolve, 200));
  note(observer.takeRecords());
  observer.disconnect();
  return tasks;
}

const inPage = {
  /** @param {Parameters<typeof runRecipe>[1]} recipe */
  runRecipe: (recipe) => runRecipe(TextModel, recipe),

  /** @param {number} milliseconds to block the main thread for */
  longTasksOfABlock: (milliseconds) =>
    longTasksDuring(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
    }),

  /**
   * Trains the default model in its worker for some seconds, then samples, evaluates and saves, as a page would.
   *
   * @param {string} text
   * @param {number} seconds
   */
  async longTasksOfTraining(text, seconds) {
    let steps = 0;
    const tasks = await longTasksDuring(async () => {
      await using model = await TextModel.create({ text });
      for await (const step of model.train({ text, seconds })) steps = step.step;
      await model.sampleText({ length: 300, seed: 1 });
      await model.evaluate({ text: text.slice(-5000) });
      await model.save();
    });
    return { steps, tasks };
  },

  /**
   * Starts a training without end and tells how it ends.
   *
   * @param {string} text
   * @returns {Promise<{ code?: string, message: string }>}
   */
  async trainUntilItDies(text) {
    try {
      await using model = await TextModel.create({ text, hiddenSize: 32, build: "simd128" });
      for await (const step of model.train({ text, seconds: 600 })) document.title = `step ${step.step}`;
      return { message: "it came to an end" };
    } catch (error) {
      return { ...(error instanceof MynahError ? { code: error.code } : {}), message: String(error) };
    }
  },

  /**
   * Aborts a training after its first step.
   *
   * @param {string} text
   */
  async abort(text) {
    await using model = await TextModel.create({ text, hiddenSize: 32 });
    const controller = new AbortController();
    let aborted = 0;
    try {
      for await (const _step of model.train({ text, seconds: 600, signal: controller.signal })) {
        aborted ||= performance.now();
        controller.abort(new Error("enough"));
      }
    } catch (error) {
      const sample = await model.sampleText({ length: 20, seed: 1 });
      return { error: String(error), milliseconds: performance.now() - aborted, sampled: [...sample].length };
    }
    return { error: "none", milliseconds: 0, sampled: 0 };
  },

  /**
   * Trains in slices, and counts those that were told, and how often a timer went off meanwhile that wants to all the time.
   *
   * @param {CreateOptions} create
   * @param {TrainOptions} train
   */
  async slicesAndTimers(create, train) {
    await using model = await TextModel.create(create);
    let [slices, timers, isOver] = [0, 0, false];
    const tick = () => {
      timers += 1;
      if (!isOver) setTimeout(tick);
    };
    setTimeout(tick);
    const { steps } = await model.train({ ...train, onStep: () => (slices += 1) });
    isOver = true;
    return { visibility: document.visibilityState, steps, slices, timers };
  },

  sha256,
};

/** @typedef {typeof inPage} InPage */

Object.assign(globalThis, { inPage });
