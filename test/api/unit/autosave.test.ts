// When a run is saved, by a clock that goes as it is told.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AUTOSAVE_DEFAULTS } from "../../../ts/src/options/defaults.js";
import { openAutosave, planAutosave } from "../../../ts/src/storage/autosave.js";
import type { AutosaveOptions } from "../../../ts/src/storage/options.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-autosave-"));
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

it.each<[string, AutosaveOptions, number]>([
  ["where nothing is said", {}, 30],
  ["by its default", AUTOSAVE_DEFAULTS, 30],
  ["as often as is said", { everySeconds: 2 }, 2],
])("a run is saved %s", async (_, options, seconds) => {
  const saved = { saveCheckpoint: async () => new Uint8Array(3), save: async () => new Uint8Array(1) };
  const plan = planAutosave({ file: join(folder, "notes.safetensors"), ...options });
  if (plan === undefined) throw new Error("there is a plan");
  const { autosave, report } = await openAutosave(saved, plan);
  expect(report).toBeUndefined();
  for (let round = 0; round < 2; round++) {
    vi.advanceTimersByTime(seconds * 1000 - 1);
    expect(await autosave.tick()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(await autosave.tick()).toEqual({ bytes: 3 });
  }
  expect(await autosave.end()).toEqual({ bytes: 1 });
});
