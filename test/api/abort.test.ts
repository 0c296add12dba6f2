import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TextModel } from "mynah";
import { create, endless, places, quick, small, text } from "./models.js";

/** A call that will be aborted: what it rejects with. */
const rejection = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    () => expect.fail("expected a rejection"),
    (reason: unknown) => reason,
  );

const reason = new Error("enough");

describe.each(places)("abort $name", (place) => {
  const { worker, build } = place;

  it("stops a call before it begins", async () => {
    const signal = AbortSignal.abort(reason);
    const model = await create(place);
    const before = await model.save();
    expect(await rejection(TextModel.create({ ...small, text, worker, build, signal }))).toBe(reason);
    expect(await rejection(TextModel.load(before, { worker, build, signal }))).toBe(reason);
    expect(await rejection(model.train({ text, ...quick, signal }))).toBe(reason);
    expect(await rejection(model.sampleText({ signal }))).toBe(reason);
    expect(await rejection(model.evaluate({ text, signal }))).toBe(reason);
    expect(await model.save()).toEqual(before);
  });

  it("stops a creation and a loading under way", async () => {
    const bytes = await (await create(place)).save();
    for (const begin of [
      (signal: AbortSignal) => TextModel.create({ ...small, text, worker, build, signal }),
      (signal: AbortSignal) => TextModel.load(bytes, { worker, build, signal }),
    ]) {
      const controller = new AbortController();
      const call = rejection(begin(controller.signal));
      controller.abort(reason);
      expect(await call).toBe(reason);
    }
  });

  it("stops a training while a step is awaited, and the model stays usable", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const steps = model.train({ text, ...endless, signal: controller.signal });
    await steps.next();
    const pending = rejection(steps.next());
    controller.abort(reason);
    expect(await pending).toBe(reason);
    expect(await steps.next(), "the loop is over").toEqual({ done: true, value: undefined });
    expect(await model.sampleText({ length: 10 })).toHaveLength(10);
    expect(await model.train({ text, ...quick, steps: 2 })).toMatchObject({ steps: 2 });
  });

  it("stops a training between two steps, as of the last one", async () => {
    const model = await create(place);
    const controller = new AbortController();
    let saved: Uint8Array | undefined;
    const loop = async () => {
      for await (const step of model.train({ text, ...endless, signal: controller.signal })) {
        expect(step.step).toBeGreaterThan(0);
        saved = await model.save();
        controller.abort(reason);
      }
    };
    expect(await rejection(loop())).toBe(reason);
    expect(await model.save()).toEqual(saved);
  });

  it("stops a training in the middle of a validation", async () => {
    const model = await create(place);
    const long = text.repeat(400);
    const controller = new AbortController();
    // After one short step, the first pull is all validation.
    const steps = model.train({
      text: long,
      ...quick,
      steps: 1,
      validation: 0.9,
      signal: controller.signal,
    });
    const pending = rejection(steps.next());
    setImmediate(() => controller.abort(reason));
    expect(await pending).toBe(reason);
    expect(await model.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("stops writing and evaluating", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const { signal } = controller;
    const pieces = model.sample({ length: 1e9, signal });
    await pieces.next();
    const calls = [rejection(pieces.next()), rejection(model.evaluate({ text: text.repeat(400), signal }))];
    controller.abort(reason);
    expect(await Promise.all(calls)).toEqual([reason, reason]);
    expect(await model.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("gives a DOMException when no reason is given", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const call = rejection(model.train({ text, ...endless, signal: controller.signal }));
    controller.abort();
    expect(await call).toMatchObject({ name: "AbortError" });
  });

  it("is not warned of, however many calls share a signal", async () => {
    const model = await create(place);
    const warned = vi.fn();
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const controller = new AbortController();
    const { signal } = controller;
    const session = await model.session();
    const reader = model.sampleStream({ length: 1e6, signal }).getReader();
    await reader.read();
    const calls = [
      ...Array.from({ length: 20 }, () => model.sampleText({ length: 1e6, signal })),
      ...Array.from({ length: 20 }, () => session.feed(text.repeat(300), { signal })),
      reader.read().then(() => reader.read()),
    ];
    const ends = calls.map(rejection);
    expect(await model.sampleText({ length: 5, signal })).toHaveLength(5);
    expect(getEventListeners(signal, "abort").length).toBeGreaterThan(10);
    controller.abort(reason);
    expect(new Set(await Promise.all(ends))).toEqual(new Set([reason]));
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(warned).not.toHaveBeenCalled();
  });

  it("leaves no listener behind", async () => {
    const model = await create(place);
    const { signal } = new AbortController();
    const listening = { now: 0 };
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listening.now += 1;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listening.now -= 1;
      removeEventListener.apply(signal, args);
    };
    await model.train({ text, ...quick, steps: 5, signal });
    await model.sampleText({ length: 20, signal });
    expect(listening.now).toBe(0);
  });
});
