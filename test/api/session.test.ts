import { describe, expect, it } from "vitest";
import { COMPLETION_DEFAULTS, TextModel, type Session, type SessionSampleSettings } from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, exactPlaces, load, places, quick, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";

const beginning = "the cat saw milk by the river. the d";

async function fed(model: TextModel, ...texts: readonly string[]): Promise<Session> {
  const session = await model.session();
  for (const each of texts) await session.feed(each);
  return session;
}

describe.each(places)("a session $name", (place) => {
  const { worker, build } = place;

  it("reads in pieces what it reads at once", async () => {
    const model = await create(place);
    const whole = await (await fed(model, beginning)).save();
    expect(await (await fed(model, "", "the c", beginning.slice(5))).save()).toEqual(whole);
    expect(await (await fed(model, ...beginning)).save()).toEqual(whole);
  });

  it("writes what the model writes after the same prompt, and has it read then", async () => {
    const model = await create(place);
    const session = await fed(model, beginning);
    const options = { length: 60, seed: 7, temperature: 1 };
    const written = await session.sampleText(options);
    expect(written).toBe(await model.sampleText({ ...options, prompt: beginning }));
    expect(await session.save()).toEqual(await (await fed(model, beginning + written)).save());
    const fresh = await model.session();
    expect(await fresh.sampleText(options)).toBe(await model.sampleText(options));
  });

  it("is forked, saved and restored", async () => {
    const model = await create(place);
    const session = await fed(model, beginning);
    const state = await session.save();
    const fork = await session.fork();
    await fork.feed("og");
    expect(await session.save()).toEqual(state);
    expect(await fork.save()).not.toEqual(state);
    const restored = await model.session({ state });
    const options = { length: 30, seed: 1 };
    expect(await restored.sampleText(options)).toBe(await session.sampleText(options));
    const again = await load(await model.save(), place);
    expect(await (await again.session({ state })).sampleText(options)).toBe(
      await (await model.session({ state })).sampleText(options),
    );
  });

  it("is blended with another", async () => {
    const model = await create(place);
    const [first, second] = [await fed(model, "the cat"), await fed(model, "by the ri")];
    expect(await (await first.blend(second, 0)).save()).toEqual(await first.save());
    expect(await (await first.blend(second, 1)).save()).toEqual(await second.save());
    expect(await (await first.blend(second)).save()).toEqual(await (await first.blend(second, 0.5)).save());
    const other = await create(place);
    await failure(first.blend(await fed(other, "the")), "contradictory-options", "two models");
    await failure(first.blend(second, 2), "invalid-option", "weight");
    await failure(first.blend(await model.session()), "contradictory-options", "read nothing");
    await failure(first.blend({} as Session), "invalid-option", "session");
  });

  it("suggests the rest of a word, or the next symbol, and stays where it is", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 150 });
    const session = await fed(model, "the dog saw mi");
    const before = await session.save();
    const words = await session.suggest({ n: 3 });
    expect(words[0]).toMatchObject({ text: "lk" });
    expect(words).toHaveLength(3);
    const symbols = await session.suggest({ n: 100, unit: "symbol" });
    expect(symbols[0]).toMatchObject({ text: "l" });
    expect(symbols).toHaveLength(model.info.vocabularySize - 1);
    expect(symbols.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(await session.save()).toEqual(before);
  });

  it("begins and ends with a document", async () => {
    const documents = Array.from({ length: 60 }, (_, i) => `${["anna", "bella", "cora"][i % 3]}`);
    await using model = await TextModel.create({ documents, ...small, worker, build });
    await model.train({ documents, ...quick, steps: 120, validation: 0 });
    const session = await fed(model, "bel");
    expect(await session.sampleText({ temperature: 0 })).toBe("la");
    const [end] = await session.suggest({ n: 1, unit: "symbol" });
    expect(end).toMatchObject({ text: "" });
    expect((await (await fed(model, "c")).suggest({ n: 1 }))[0]).toMatchObject({ text: "ora" });
  });

  it("takes the condition of a model that has one", async () => {
    const documents = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "dog" : "cat"));
    const conditions = Float32Array.from(documents, (name) => (name === "dog" ? 1 : -1));
    const cell = "gru" as const;
    await using model = await TextModel.create({
      documents,
      cell,
      ...small,
      conditionSize: 1,
      worker,
      build,
    });
    await model.train({ documents, conditions, ...quick, steps: 100, validation: 0 });
    const open = (value: number) => model.session({ condition: Float32Array.of(value) });
    const dog = await open(1);
    expect(await (await open(-1)).sampleText({ temperature: 0 })).toBe("cat");
    const restored = await model.session({ state: await dog.save() });
    expect(await restored.sampleText({ temperature: 0 })).toBe("dog");
    await failure(model.session(), "invalid-option", "condition", "conditionSize");
    const both = { state: await dog.save(), condition: Float32Array.of(1) };
    await failure(model.session(both), "contradictory-options", "state", "condition");
  });

  it("goes on with the weights of a training under way", async () => {
    const model = await create(place);
    const session = await fed(model, beginning);
    const state = await session.save();
    const { steps } = await model.train({ text, ...quick, steps: 20, onStep: () => undefined });
    expect(steps).toBe(20);
    expect(await session.save(), "what was read stays").toEqual(state);
    await session.feed("og");
    const loaded = await load(await model.save(), place);
    const other = await loaded.session({ state });
    await other.feed("og");
    expect(await session.save()).toEqual(await other.save());
  });

  it("serves its calls in their order", async () => {
    const model = await create(place);
    const session = await model.session();
    const calls = [session.feed("the "), session.feed("cat "), session.save(), session.feed("saw")] as const;
    const [, , saved] = await Promise.all(calls);
    expect(saved).toEqual(await (await fed(model, "the cat ")).save());
    expect(await session.save()).toEqual(await (await fed(model, "the cat saw")).save());
  });

  it("is blended in the order of the calls to both", async () => {
    const model = await create(place);
    const long = text.repeat(10);
    const [first, second] = [await fed(model, "the cat"), await fed(model, "by the ri")];
    const calls = [
      first.feed(long),
      first.blend(second, 0.3),
      first.feed(" saw"),
      second.feed("ver"),
    ] as const;
    const [, blend] = await Promise.all(calls);
    const expected = await (await fed(model, "the cat", long)).blend(await fed(model, "by the ri"), 0.3);
    expect(await blend.save()).toEqual(await expected.save());
    expect(await first.save()).toEqual(await (await fed(model, "the cat", long, " saw")).save());
    expect(await second.save()).toEqual(await (await fed(model, "by the river")).save());
  });

  it("is blended with itself, and both ways at once", async () => {
    const model = await create(place);
    const [first, second] = [await fed(model, "the cat"), await fed(model, "by the ri")];
    const blends = [
      () => first.blend(second, 0.3),
      () => second.blend(first, 0.3),
      () => first.blend(first, 0.3),
    ];
    const together = await Promise.all(blends.map((blend) => blend()));
    for (const [i, blend] of blends.entries()) {
      expect(await together[i]?.save()).toEqual(await (await blend()).save());
    }
  });

  it("is busy while it is written on, but for what changes nothing", async () => {
    const model = await create(place);
    const session = await fed(model, "the ");
    let written = "";
    for await (const piece of session.sample({ length: 1e9, seed: 1 })) {
      written += piece;
      await failure(session.feed("a"), "busy");
      await failure(session.sampleText(), "busy");
      expect(await session.suggest()).toHaveLength(COMPLETION_DEFAULTS.n);
      if (written.length > 20) break;
    }
    expect(await session.save(), "what was handed out is read").toEqual(
      await (await fed(model, `the ${written}`)).save(),
    );
  });

  it("gives up a call that waits for its turn when it is aborted, at once", async () => {
    const model = await create(place);
    const session = await model.session();
    const long = text.repeat(30);
    let isRead = false;
    const reading = session.feed(long).then(() => (isRead = true));
    const reason = new Error("enough");
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      session.feed("a", { signal }),
      session.suggest({ signal }),
      session.sampleText({ signal }),
    ];
    const ends = calls.map((call) => expect(call).rejects.toBe(reason));
    controller.abort(reason);
    await Promise.all(ends);
    expect(isRead).toBe(false);
    await reading;
    expect(await session.save(), "nothing was read of what was given up").toEqual(
      await (await fed(model, long)).save(),
    );
  });

  it("is as it was after a call that was aborted", async () => {
    const model = await create(place);
    const session = await fed(model, beginning);
    const before = await session.save();
    const reason = new Error("enough");
    await expect(session.feed("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const feeding = session.feed(text.repeat(3000), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 60);
    await expect(feeding).rejects.toBe(reason);
    expect(await session.save()).toEqual(before);

    const second = new AbortController();
    let written = "";
    const writing = (async () => {
      for await (const piece of session.sample({ length: 1e9, signal: second.signal })) written += piece;
    })();
    setTimeout(() => second.abort(reason), 60);
    await expect(writing).rejects.toBe(reason);
    expect(await session.save()).toEqual(await (await fed(model, beginning + written)).save());
  });

  it("ends with its disposal, or that of its model", async () => {
    const model = await create(place);
    const session = await fed(model, "the");
    const writing = session.sample({ length: 1e9 });
    await writing.next();
    await session.dispose();
    await session.dispose();
    await session[Symbol.asyncDispose]();
    await failure(writing.next(), "disposed", "session");
    await failure(session.feed("a"), "disposed", "session");
    await failure(session.suggest(), "disposed");
    await failure(session.fork(), "disposed");
    const other = await fed(model, "the");
    await failure(other.blend(session), "disposed");
    await model.dispose();
    await failure(other.feed("a"), "disposed", "model");
    await failure(other.sampleText(), "disposed");
    await other.dispose();
  });

  it("refuses what it cannot read, and reads nothing of it", async () => {
    const model = await create(place);
    const session = await fed(model, "the");
    const before = await session.save();
    await failure(session.feed(" cat §", { unknown: "error" }), "unknown-symbol", "§");
    await failure(session.feed(7 as unknown as string), "invalid-option", "text");
    await failure(session.suggest({ n: 0 }), "invalid-option", "n is 0", "1 to 100");
    await failure(session.suggest({ unit: "line" as "word" }), "invalid-option", "unit");
    await failure(
      session.sampleText({ prompt: "a" } as object),
      "unknown-option",
      "session.sample",
      "prompt",
    );
    expect(() => session.sample({ lenght: 1 } as object)).toThrow(`did you mean "length"?`);
    await failure(session.sampleText({ banned: model.info.symbols }), "no-symbol-left", "banned");
    expect(await session.save()).toEqual(before);
    await session.feed(" cat §");
    const state = new Uint8Array([1, 2, 3]);
    await failure(model.session({ state }), "bad-session-state");
    await failure(model.session({ state: before.slice(0, -1) }), "bad-session-state");
    await failure(model.session({ state: await model.save() }), "bad-session-state", "session");
    const other = await create(place, { hiddenSize: 8 });
    await failure(other.session({ state: before }), "bad-session-state", "other sizes");
  });

  it("is not of a bidirectional model; of a transformer it is not blended", async () => {
    const both = await create(place, { bidirectional: true });
    await failure(both.session(), "contradictory-options", "bidirectional");
    const { embeddingSize: _, ...sizes } = small;
    const transformer = { ...sizes, cell: "transformer", worker, build, text } as const;
    await using model = await TextModel.create(transformer);
    const [first, second] = [await fed(model, beginning), await fed(model, "the", beginning.slice(3))];
    expect(await first.save()).toEqual(await second.save());
    await failure(first.blend(second), "contradictory-options", "transformer");
    await failure(first.blend({} as never), "invalid-option", "takes a session, got a value of type object");
    const fork = await first.fork();
    expect(await fork.suggest()).toEqual(await second.suggest());
  });
});

it("a worker that dies rejects what a session waits for", async () => {
  const workers = watchWorkers();
  const model = await create({ worker: true });
  const session = await fed(model, "the");
  const calls = [
    failure(session.feed(text.repeat(3000)), "worker-crashed"),
    failure(session.suggest(), "worker-crashed"),
  ];
  await workers.last().terminate();
  await Promise.all(calls);
  await failure(session.sampleText(), "worker-crashed");
  await session.dispose();
});

it("one seed writes the same in every place", async () => {
  const texts = await Promise.all(
    exactPlaces.map(async (place) => {
      const model = await create(place, { seed: 3 });
      return (await fed(model, beginning)).sampleText({ length: 200, temperature: 1, seed: 9 });
    }),
  );
  expect(texts[1]).toBe(texts[0]);
});

describe("an option of writing on", () => {
  const base = { length: 60, seed: 1, temperature: 1 };
  const changes: readonly [SessionSampleSettings, SessionSampleSettings?][] = [
    [{ length: 30 }],
    [{ minLength: 40 }, { stop: "e" }],
    [{ temperature: 0 }],
    [{ topK: 3 }],
    [{ typicalP: 0.5 }],
    [{ topP: 0.5 }],
    [{ minP: 0.5 }],
    [{ repetitionPenalty: 2 }],
    [{ presencePenalty: 2 }],
    [{ frequencyPenalty: 2 }],
    [{ repeatLastN: 3 }, { presencePenalty: 2 }],
    [{ noRepeatNgram: 2 }],
    [{ logitBias: { e: -3 } }],
    [{ banned: "e" }],
    [{ allowedPattern: "[a-z]*" }],
    [{ stop: "e" }],
    [{ seed: 2 }],
    [{ quantize: "int8", length: 400 }, { length: 400 }],
    [{ beamWidth: 4, temperature: undefined }],
    [{ lengthPenalty: 4 }, { beamWidth: 8, temperature: undefined, stop: "e" }],
  ];

  it.each(changes)("has an effect, and the same as on the model: %o", async (change, on = {}) => {
    const model = await create({ worker: false, build: "simd128" });
    const write = async (options: SessionSampleSettings) =>
      (await fed(model, "the owl ")).sampleText({ ...base, ...options });
    const written = await write({ ...on, ...change });
    expect(written).not.toBe(await write(on));
    // With weights in 8 bits a prompt is read with them, too, and a session was read before.
    if (change.quantize !== undefined) return;
    expect(written).toBe(await model.sampleText({ ...base, ...on, ...change, prompt: "the owl " }));
  });

  it("is in the table above", () => {
    const changed = changes.flatMap(([change]) => Object.keys(change));
    expect(new Set([...changed, "signal"])).toEqual(new Set(Object.keys(optionsOf("sessionSample"))));
  });
});
