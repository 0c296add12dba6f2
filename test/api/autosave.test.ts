// Runs that save themselves: what is on the disk after a crash goes on to the bytes of the unbroken run, and what cannot be saved ends nothing.
import { spawn, type ChildProcess } from "node:child_process";
import fs, { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  listModels,
  loadModel,
  removeModel,
  renameModel,
  saveModel,
  TextModel,
  type AutosaveReport,
  type ErrorCode,
  type TrainStep,
} from "mynah";
import { asNobody, canBeNobody } from "../cli/nobody.js";
import { failure } from "./errors.js";
import { create, endless, exactPlaces, load, places, quick, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-autosave-"));
  file = join(folder, "notes.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

const settings = { text, ...quick, steps: 400, dropout: 0.1 } as const;
const created = { ...small, text };

/** What a run tells of its saves. */
async function reportsOf(run: AsyncIterable<TrainStep>): Promise<AutosaveReport[]> {
  const reports: AutosaveReport[] = [];
  for await (const { autosave } of run) if (autosave !== undefined) reports.push(autosave);
  return reports;
}

/** Calls back when the next save is written, and has not taken its place yet. */
function duringNextSave(call: () => void): void {
  const { rename } = fs;
  const spy = vi.spyOn(fs, "rename").mockImplementationOnce(async (from, to) => {
    call();
    await rename(from, to);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
}

describe.each(places)("a run $name", (place) => {
  it("saves checkpoints, and at its end the model", async () => {
    const model = await create(place);
    let firstSaved: Uint8Array | undefined;
    const reports: AutosaveReport[] = [];
    for await (const step of model.train({ ...settings, autosave: { file, everySeconds: 1e-6 } })) {
      if (step.autosave !== undefined) reports.push(step.autosave);
      firstSaved ??= await readFile(file);
    }
    expect(reports.length).toBeGreaterThan(1);
    for (const { error } of reports) expect(error).toBeUndefined();
    expect(reports[0]?.bytes).toBe(firstSaved?.length);
    const last = await readFile(file);
    expect(last.equals(await model.save())).toBe(true);
    expect(reports.at(-1)?.bytes).toBe(last.length);
    expect(firstSaved?.length).toBeGreaterThan(2 * last.length);
    expect(await readdir(folder)).toEqual(["notes.safetensors"]);
  });

  it("is the same whether it is saved or not, and awaited or looped over", async () => {
    const files = [];
    const saves: AutosaveReport[] = [];
    for (const autosave of [undefined, { file, everySeconds: 1e-6 }]) {
      const model = await create(place);
      const onStep = (step: TrainStep) => void (step.autosave && saves.push(step.autosave));
      await model.train({ ...settings, autosave, onStep });
      files.push(await model.save());
    }
    expect(saves.length, "on the way, too").toBeGreaterThan(1);
    expect(saves[0]?.bytes).toBeGreaterThan(2 * (saves.at(-1)?.bytes ?? NaN));
    expect(files[1]).toEqual(files[0]);
    expect(await readFile(file)).toEqual(Buffer.from(files[0] ?? []));
  });

  it("saves a resumed run, too", async () => {
    const model = await create(place);
    for await (const { step } of model.train(settings)) if (step > 0) break;
    const again = await load(await model.saveCheckpoint(), place);
    const reports = await reportsOf(again.resume({ text, autosave: { file } }));
    // Too short for one on the way.
    expect(reports).toEqual([{ bytes: (await readFile(file)).length }]);
  });

  it("keeps a finished model that was there beside its checkpoints, until it ends", async () => {
    const model = await create(place);
    const [finished, previous] = [await model.save(), join(folder, "notes.previous.safetensors")];
    await writeFile(file, finished);
    const autosave = { file, everySeconds: 1e-6 };
    const reports = await reportsOf(model.train({ ...settings, autosave }));
    expect(reports[0]).toEqual({ bytes: expect.any(Number), previous });
    expect(reports.at(-1)).toEqual({ bytes: (await readFile(file)).length });
    expect(await readdir(folder)).toEqual(["notes.safetensors"]);
    await writeFile(file, finished);
    for await (const step of model.train({ ...settings, autosave })) if (step.autosave !== undefined) break;
    expect((await readdir(folder)).toSorted()).toEqual(["notes.previous.safetensors", "notes.safetensors"]);
    expect((await readFile(previous)).equals(finished)).toBe(true);
    const again = await load(await readFile(file), place);
    for (const report of await reportsOf(again.resume({ text, autosave })))
      expect(report, "a checkpoint is not kept").not.toHaveProperty("previous");
  });

  it("goes on where nothing can be saved, and tells so with the first step", async () => {
    const model = await create(place);
    const nowhere = join(folder, "none", "notes.safetensors");
    const reports = await reportsOf(model.train({ ...settings, autosave: { file: nowhere } }));
    expect(reports.map(({ error }) => error?.code)).toEqual(["unwritable-output", "unwritable-output"]);
    await mkdir(join(folder, "none"));
    const later = await reportsOf(model.train({ ...settings, steps: 5, autosave: { file: nowhere } }));
    expect(later.at(-1)).toEqual({ bytes: (await readFile(nowhere)).length });
  });

  it("tells at its end what the last save came to", async () => {
    const model = await create(place);
    const nowhere = join(folder, "none", "notes.safetensors");
    const failed = await model.train({ ...settings, steps: 5, autosave: { file: nowhere } });
    expect(failed.autosave?.error).toMatchObject({ name: "MynahError", code: "unwritable-output" });
    expect((await model.lastTraining())?.autosave).toEqual(failed.autosave);
    const saved = await model.train({ ...settings, steps: 5, autosave: { file } });
    expect(saved.autosave).toEqual({ bytes: (await readFile(file)).length });
    expect(await model.train({ ...settings, steps: 5 })).not.toHaveProperty("autosave");
  });

  it("that is aborted while it is saved tells that step, and then ends", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const reason = new Error("enough");
    duringNextSave(() => controller.abort(reason));
    const told: TrainStep[] = [];
    const run = model.train({
      ...endless,
      text,
      signal: controller.signal,
      autosave: { file, everySeconds: 1e-6 },
      onStep: (step) => told.push(step),
    });
    await expect(run).rejects.toBe(reason);
    expect(told.map(({ autosave }) => autosave)).toEqual([{ bytes: (await readFile(file)).length }]);
    const again = await load(await readFile(file), place);
    for await (const { step } of again.resume({ text })) {
      expect(step).toBeGreaterThan(told[0]?.step ?? NaN);
      break;
    }
  });

  it("that is aborted while its model is saved comes to its result", async () => {
    const model = await create(place);
    const controller = new AbortController();
    duringNextSave(() => controller.abort());
    const { signal } = controller;
    const { steps, autosave } = await model.train({ ...settings, signal, autosave: { file } });
    expect(signal.aborted).toBe(true);
    expect(steps).toBe(settings.steps);
    expect(autosave).toEqual({ bytes: (await model.save()).length });
    expect((await readFile(file)).equals(await model.save())).toBe(true);
  });

  it("is refused a name in Node, before its text is read", async () => {
    const model = await create(place);
    const read = vi.fn<() => void>();
    async function* source(): AsyncGenerator<string> {
      read();
      yield text;
    }
    const autosave = { name: "notes" };
    await failure(model.train({ ...settings, text: source(), autosave }), "invalid-option", "file");
    await failure(model.resume({ text: source(), autosave }), "invalid-option", "file");
    expect(read).not.toHaveBeenCalled();
  });

  it("is refused a place that is none", async () => {
    const model = await create(place);
    const refuse = (autosave: object, code: ErrorCode, ...words: string[]) =>
      failure(model.train({ ...endless, text, autosave } as never).next(), code, ...words);
    await refuse({}, "missing-option", "name", "file");
    await refuse({ name: "a", file }, "contradictory-options", "name and file");
    await refuse({ name: "" }, "invalid-option", "name");
    await refuse({ file, everySeconds: 0 }, "invalid-option", "everySeconds is 0");
    await refuse({ file, everySeconds: "1" }, "invalid-option", "everySeconds");
    await refuse({ file: 3 }, "invalid-option", "file");
    await refuse({ file: "" }, "invalid-option", 'file is ""');
    await refuse({ path: file }, "unknown-option", "path");
    await failure(
      model.train({ ...endless, text, autosave: true as never }).next(),
      "invalid-option",
      "autosave",
    );
    // None of them has begun.
    await model.train({ text, ...quick, steps: 1 });
  });
});

/** Runs autosaving.mjs, in a shell with its limits where some are given, and as somebody else where that is said. */
function start(
  options: object,
  limits = "",
  user: { uid?: number; gid?: number } = {},
): { child: ChildProcess; lines: Promise<Record<string, unknown>[]> } {
  const script = join(import.meta.dirname, "autosaving.mjs");
  const command = [process.execPath, script, file, JSON.stringify(options)];
  const child =
    limits === ""
      ? spawn(command[0] ?? "", command.slice(1), { ...user, stdio: ["ignore", "pipe", "inherit"] })
      : spawn("sh", ["-c", `${limits} && exec "$@"`, "sh", ...command], {
          stdio: ["ignore", "pipe", "inherit"],
        });
  let told = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (told += chunk));
  const lines = new Promise<Record<string, unknown>[]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () =>
      resolve(
        told
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      ),
    );
  });
  return { child, lines };
}

describe.each(exactPlaces.filter(({ worker }) => worker))("after a crash $name", (place) => {
  it("the run goes on from the last save to the bytes of the unbroken one", async () => {
    const train = { ...settings, steps: 3000 };
    const whole = await create(place);
    await whole.train(train);
    const expected = await whole.save();
    const { child, lines } = start({ create: created, train, everySeconds: 0.02 });
    await new Promise<void>((resolve) => {
      let saves = 0;
      child.stdout?.on("data", () => (saves += 1) >= 3 && resolve());
      child.on("close", () => resolve());
    });
    child.kill("SIGKILL");
    const told = await lines;
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.at(-1)).not.toHaveProperty("isTheModel");
    const again = await load(await readFile(file), place);
    let first: number | undefined;
    for await (const { step } of again.resume({ text })) first ??= step;
    expect(first).toBeGreaterThanOrEqual(Number(told.at(-1)?.["step"]));
    expect(await again.save()).toEqual(expected);
  });
});

it("after the death of its worker the run goes on from the last save, in another", async () => {
  const workers = watchWorkers();
  const place = { worker: true, build: "simd128" } as const;
  const train = { ...settings, steps: 3000, workers: 1 };
  const whole = await create(place);
  await whole.train(train);
  const model = await create(place);
  const onStep = vi.fn<(step: TrainStep) => void>();
  const run = model.train({ ...train, autosave: { file, everySeconds: 1e-6 }, onStep });
  const end = failure(run, "worker-crashed");
  // Each step that is told was saved before.
  await vi.waitFor(() => expect(onStep).toHaveBeenCalled(), { timeout: 30_000 });
  await workers.last().terminate();
  await end;
  const again = await load(await readFile(file), place);
  await again.resume({ text });
  expect(await again.save()).toEqual(await whole.save());
});

describe.skipIf(process.platform === "win32")("where there is no room", () => {
  it("nothing is lost that was saved before, and the run goes on to its end", async () => {
    const before = Buffer.from("what was saved before");
    await writeFile(file, before);
    const options = { create: created, train: settings, everySeconds: 1e-6 };
    // Blocks of 512 bytes in sh, of which a save takes some hundred.
    const { child, lines } = start(options, "ulimit -f 4");
    const told = await lines;
    expect(child.exitCode).toBe(0);
    expect(told.length).toBeGreaterThan(2);
    const saves = told.slice(0, -1);
    for (const { code, bytes } of saves) expect({ code, bytes }).toEqual({ code: "storage-full" });
    expect(saves[0]?.["message"]).toMatch(/notes\.safetensors cannot be written: it is larger/);
    expect(told.at(-1)).toEqual({ isTheModel: false });
    expect((await readFile(file)).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(["notes.safetensors"]);
  });
});

it.skipIf(!canBeNobody)(
  "in a folder that becomes read-only nothing is lost, the run goes on, and saves again when it may",
  async () => {
    await chmod(folder, 0o777);
    const train = { ...settings, steps: undefined, seconds: 1e6 };
    const { child, lines } = start({ create: created, train, everySeconds: 0.02 }, "", asNobody);
    let told = "";
    child.stdout?.on("data", (chunk: string) => (told += chunk));
    /** Waits for so many more saves that went well, or did not. */
    const more = async (count: number, kind: "bytes" | "code") => {
      const from = told.length;
      const found = () => told.slice(from).split(`"${kind}":`).length - 1;
      await vi.waitFor(() => expect(found()).toBeGreaterThanOrEqual(count), { timeout: 30_000 });
    };
    try {
      await more(2, "bytes");
      await chmod(folder, 0o555);
      await more(2, "code");
      const kept = await readFile(file);
      await more(2, "code");
      expect((await readFile(file)).equals(kept), "what was saved before").toBe(true);
      // But for what was being written when the folder became read-only: that cannot be removed.
      const files = (await readdir(folder)).filter((name) => !name.startsWith(".mynah-"));
      expect(files).toEqual(["notes.safetensors"]);
      const model = await load(kept, { worker: false });
      expect((await model.resume({ text }).next()).value).toHaveProperty("loss");
      await chmod(folder, 0o777);
      await more(2, "bytes");
    } finally {
      child.kill("SIGKILL");
    }
    const refused = (await lines).filter(({ code }) => code !== undefined);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["unwritable-output"]));
    expect(refused[0]?.["message"]).toMatch(/notes\.safetensors cannot be written: permission denied/);
  },
);

it("Node keeps no models under names, which every call says", async () => {
  const model = await create({ worker: false });
  for (const call of [
    () => listModels(),
    () => loadModel("notes"),
    () => saveModel("notes", model),
    () => renameModel("notes", "others"),
    () => removeModel("notes"),
  ]) {
    await failure(call(), "storage-unavailable", "file");
  }
  const reason = new Error("enough");
  await expect(loadModel("notes", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await failure(loadModel("" as never), "invalid-option", "name");
  await failure(saveModel(3 as never, model), "invalid-option", "name");
  await failure(saveModel("notes", {} as TextModel), "invalid-option", "TextModel");
  await failure(saveModel("notes", model, { compress: true } as never), "unknown-option", "compress");
  await failure(loadModel("notes", { build: "fast" } as never), "invalid-option", "build");
});
