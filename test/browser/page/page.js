// What the tests do inside the page. Served as it is, with the built package beside it: no bundler, no transpiler; "mynah" is
// found by the import map of index.html.
// The tests call it through `globalThis.inPage`.
import {
  createPool,
  listModels,
  loadModel,
  MynahError,
  removeModel,
  renameModel,
  saveModel,
  SAVE_DEFAULTS,
  TextModel,
} from "mynah";
import { sha256, runRecipe } from "./recipe.js";

/** @import { CreateOptions, SampleOptions, TrainOptions } from "mynah" */

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
      await using model = await TextModel.create({ text, hiddenSize: 32, build: "simd128", worker: true });
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
   * Writes on in a session, after a text.
   *
   * @param {CreateOptions} create
   * @param {string} text
   */
  async writeOn(create, text) {
    await using model = await TextModel.create(create);
    await using session = await model.session();
    await session.feed(text);
    // Awaited before the session is disposed of.
    const written = await session.sampleText({ length: 40, seed: 1 });
    return written;
  },

  /**
   * The symbols of a text in a model, and in another one that has its tokenizer, if it is to be handed on.
   *
   * @param {CreateOptions} create
   * @param {string} text
   * @param {boolean} handsOn
   */
  async encodeTwice(create, text, handsOn) {
    await using model = await TextModel.create(create);
    const { symbols } = await model.encode(text);
    if (!handsOn) return [symbols, symbols];
    const tokenizer = await model.exportTokenizer();
    await using other = await TextModel.create({ ...create, tokenizer });
    const again = await other.encode(text);
    return [symbols, again.symbols];
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

  /**
   * What a model writes, as an answer carries it and as it is; and the bytes that came of a stream before it was cancelled.
   *
   * @param {CreateOptions} create
   * @param {SampleOptions} sample
   */
  async streams(create, sample) {
    await using model = await TextModel.create(create);
    const reader = model.sampleStream({ ...sample, length: 1e9 }).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const answer = await new Response(model.sampleStream(sample)).text();
    return { answer, text: await model.sampleText(sample), cancelledAfter: value?.length };
  },

  /**
   * What sessions of a pool write side by side, and what the model writes in their place.
   *
   * @param {CreateOptions} create
   * @param {SampleOptions & { prompt: string }} sample
   */
  async pools(create, { prompt, ...sample }) {
    await using model = await TextModel.create(create);
    const seeds = [1, 2, 3, 4, 5];
    await using pool = await createPool({ model: await model.save(), workers: 2, build: model.build });
    const sessions = await Promise.all(seeds.map(() => pool.session()));
    const write = async (/** @type {number} */ seed, /** @type {number} */ i) => {
      await sessions[i]?.feed(prompt);
      return sessions[i]?.sampleText({ ...sample, seed });
    };
    const written = await Promise.all(seeds.map(write));
    const expected = await Promise.all(seeds.map((seed) => model.sampleText({ ...sample, prompt, seed })));
    const rest = { sessions: pool.sessions, waiting: pool.waiting };
    // Until here, or they might have been collected.
    for (const session of sessions) await session.dispose();
    return { written, expected, ...rest };
  },

  /**
   * What is learnt from a text in every form that a page may have it in: the hashes of the models.
   *
   * @param {string} url
   * @param {Omit<CreateOptions, "text" | "corpus" | "documents">} create
   * @param {Omit<TrainOptions, "text" | "corpus" | "documents">} train
   */
  async learnFromEach(url, create, train) {
    const blob = await (await fetch(url)).blob();
    const text = await blob.text();
    /** @type {Record<string, () => string | Blob | URL | ReadableStream<Uint8Array | string>>} */
    const forms = {
      string: () => text,
      file: () => new File([blob], "notes.txt"),
      url: () => new URL(url, location.href),
      stream: () => blob.stream(),
      decoded: () => blob.stream().pipeThrough(new TextDecoderStream()),
    };
    /** @type {Record<string, string>} */
    const hashes = {};
    for (const [form, source] of Object.entries(forms)) {
      await using model = await TextModel.create({ ...create, text: source() });
      await model.train({ ...train, text: source() });
      hashes[form] = await sha256(await model.save());
    }
    return hashes;
  },

  /** @param {CreateOptions} options */
  async failureOfCreating(options) {
    const error = await TextModel.create(options).then(
      () => undefined,
      (thrown) => thrown,
    );
    return { code: String(error?.code), message: String(error?.message) };
  },

  /** @param {import("mynah").TextInput} text */
  async codeOfCreating(text) {
    return codeOf(createFrom(text));
  },

  /** From the file of the page's `<input>`. */
  async codeOfCreatingFromChosen() {
    const file = document.querySelector("input")?.files?.[0];
    if (file === undefined) throw new Error("No file was chosen");
    return codeOf(createFrom(file));
  },

  /**
   * Trains, and counts on the page's title how often it was saved.
   *
   * @param {CreateOptions} create
   * @param {TrainOptions} train
   */
  async trainAndCountSaves(create, train) {
    await using model = await TextModel.create(create);
    /** @type {(string | undefined)[]} */
    const codes = [];
    let saves = 0;
    const run = model.train(train);
    for await (const { autosave } of run) {
      if (autosave === undefined) continue;
      codes.push(autosave.error?.code);
      if (autosave.error === undefined) document.title = `${(saves += 1)} saves`;
    }
    const { steps, autosave } = await run;
    return { codes, steps, last: autosave?.error?.code, hash: await sha256(await model.save()) };
  },

  /**
   * What a training is refused with.
   *
   * @param {CreateOptions} create
   * @param {TrainOptions} train
   */
  async codeOfTraining(create, train) {
    await using model = await TextModel.create(create);
    return codeOf(Promise.resolve(model.train(train)));
  },

  /**
   * Goes on with the run that was saved under a name.
   *
   * @param {string} name
   * @param {string} text
   */
  async resumeSaved(name, text) {
    await using model = await loadModel(name, { build: "simd128" });
    let first = 0;
    for await (const { step } of model.resume({ text })) first ||= step;
    return { first, hash: await sha256(await model.save()) };
  },

  /**
   * Saves, lists, loads, renames and removes models, and what is refused meanwhile.
   *
   * @param {string} text
   */
  async keepModels(text) {
    await using model = await TextModel.create({ text, hiddenSize: 8, build: "simd128" });
    await saveModel("b", model);
    await saveModel("a", model);
    const listed = await listModels();
    await using loaded = await loadModel("a", { build: "simd128" });
    const isSame = (await sha256(await loaded.save())) === (await sha256(await model.save()));
    const codes = [
      await codeOf(loadModel("none")),
      await codeOf(renameModel("none", "c")),
      await codeOf(renameModel("none", "none")),
      await codeOf(renameModel("a", "b")),
      await codeOf(removeModel("none")),
      await codeOf(saveModel("c", model, { checkpoint: true })),
    ];
    const size = (await model.save()).length;
    // Leaves a training that can be gone on with.
    for await (const _ of model.train({ text, batchSize: 4, seqLength: 16, steps: 1e6 })) break;
    const resumable = [];
    for (const options of [undefined, SAVE_DEFAULTS, { checkpoint: true }]) {
      await saveModel("b", model, options);
      resumable.push((await listModels()).find(({ name }) => name === "b")?.hasTrainingState);
    }
    const controller = new AbortController();
    // It would not be found, if it were looked for to the end.
    const aborted = codeOf(loadModel("none", { signal: controller.signal }));
    controller.abort("enough");
    await renameModel("a", "a");
    await renameModel("a", "c");
    await removeModel("b");
    const left = (await listModels()).map(({ name }) => name);
    await removeModel("c");
    return {
      listed: listed.map(({ name, bytes, savedAt, hasTrainingState }) => ({
        name,
        bytes,
        isRecent: Date.now() - savedAt.getTime() < 60_000,
        hasTrainingState,
      })),
      bytes: size,
      isSame,
      codes,
      aborted: await aborted,
      resumable,
      left,
      none: (await listModels()).length,
    };
  },

  /**
   * The code that saving under a name comes to, and what is under the name after it.
   *
   * @param {CreateOptions} create
   * @param {string} name
   */
  async saveUnder(create, name) {
    await using model = await TextModel.create(create);
    const code = await codeOf(saveModel(name, model));
    const listed = (await listModels().catch(() => [])).map((it) => ({ name: it.name, bytes: it.bytes }));
    const hash = await loadModel(name, { build: "simd128" }).then(
      async (loaded) => {
        const file = await loaded.save();
        await loaded.dispose();
        return sha256(file);
      },
      () => undefined,
    );
    return { code, listed, hash };
  },

  /**
   * Saves a model, and aborts its loading at the first place where it waits, at the second, and so on, until there are no more: what each
   * time came of it. The abort comes at once, soon, or after a turn.
   *
   * @param {CreateOptions} create
   * @param {"at once" | "soon" | "after a turn"} when
   */
  async abortLoading(create, when) {
    await using model = await TextModel.create(create);
    await saveModel("notes", model);
    const later = {
      "at once": (/** @type {() => void} */ abort) => abort(),
      soon: (/** @type {() => void} */ abort) => void Promise.resolve().then(abort),
      "after a turn": (/** @type {() => void} */ abort) => void setTimeout(abort),
    }[when];
    const outcomes = [];
    for (let wait = 1; wait < 40; wait++) {
      const controller = new AbortController();
      const { signal } = controller;
      let begun = 0;
      const add = signal.addEventListener.bind(signal);
      signal.addEventListener = (/** @type {Parameters<AbortSignal["addEventListener"]>} */ ...args) => {
        add(...args);
        if ((begun += 1) === wait) later(() => controller.abort("enough"));
      };
      const load = async () => (await loadModel("notes", { signal, build: "simd128" })).dispose();
      const outcome = (await codeOf(load())) ?? "done";
      if (begun < wait) return { outcomes, last: outcome };
      outcomes.push(outcome);
    }
    return { outcomes, last: "it waits without end" };
  },

  /**
   * What a training on a text from elsewhere is refused with, whether the model is as it was, and whether it can be trained then.
   *
   * @param {CreateOptions} create
   * @param {TrainOptions & { text: string }} train
   * @param {string} url
   */
  async trainFromElsewhere(create, train, url) {
    await using model = await TextModel.create(create);
    const before = await sha256(await model.save());
    const training = Promise.resolve(model.train({ ...train, text: new URL(url) }));
    const error = await training.then(
      () => undefined,
      (/** @type {unknown} */ thrown) => thrown,
    );
    const isSame = (await sha256(await model.save())) === before;
    const { steps } = await model.train(train);
    return {
      code: error instanceof MynahError ? error.code : undefined,
      isNamed: String(error).includes(url),
      isSame,
      steps,
    };
  },

  /** The names of the models that are kept. */
  names: async () => (await listModels()).map(({ name }) => name),

  sha256,
};

/** @param {import("mynah").TextInput} text */
async function createFrom(text) {
  const model = await TextModel.create({ text, hiddenSize: 8 });
  await model.dispose();
}

/**
 * @param {Promise<unknown>} call
 * @returns {Promise<string | undefined>}
 */
async function codeOf(call) {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof MynahError ? error.code : String(error);
  }
}

/** @typedef {typeof inPage} InPage */

Object.assign(globalThis, { inPage });
