import { expect, it, vi } from "vitest";
import { Checkpoints } from "../../../ts/src/cli/checkpoints.js";
import type { TrainView } from "../../../ts/src/cli/view/train-view.js";
import { MynahError } from "../../../ts/src/errors.js";

const bytes = new Uint8Array([1]);

function checkpointsThat({ never = false, write = (): Promise<void> => Promise.resolve() }) {
  vi.useFakeTimers();
  const model = { saveCheckpoint: vi.fn(async () => bytes), save: vi.fn(async () => bytes) };
  const file = { path: "x", write: vi.fn<(saved: Uint8Array, isOver: boolean) => Promise<void>>(write) };
  const view = { note: vi.fn(), autosaved: vi.fn() };
  const checkpoints = new Checkpoints(model, file, view as unknown as TrainView, never ? undefined : 10);
  let step = 0;
  const tickAfter = async (passed: number) => {
    vi.advanceTimersByTime(passed * 1000);
    await checkpoints.tick((step += 1));
  };
  return { file, view, checkpoints, tickAfter };
}

it("saves as soon as the time has passed, and not before", async () => {
  const { file, tickAfter } = checkpointsThat({});
  await tickAfter(9);
  expect(file.write).not.toHaveBeenCalled();
  await tickAfter(2);
  expect(file.write.mock.calls).toEqual([[bytes, false]]);
  await tickAfter(9);
  await tickAfter(2);
  expect(file.write).toHaveBeenCalledTimes(2);
});

it("never saves unless told to", async () => {
  const { file, tickAfter } = checkpointsThat({ never: true });
  await tickAfter(1e9);
  expect(file.write).not.toHaveBeenCalled();
});

it("says once that it cannot save, goes on, and tries again", async () => {
  const full = () =>
    Promise.reject(new MynahError("unwritable-output", "x cannot be written: the disk is full"));
  const { file, view, tickAfter } = checkpointsThat({ write: full });
  await tickAfter(10);
  await tickAfter(10);
  expect(file.write).toHaveBeenCalledTimes(2);
  expect(view.note.mock.calls).toEqual([["No checkpoint was saved: x cannot be written: the disk is full"]]);
});

it("says nothing when there is no training to go on with any more, because the run has just ended", async () => {
  const over = () => Promise.reject(new MynahError("no-training-state", "There is no training under way"));
  const { view, tickAfter } = checkpointsThat({ write: over });
  await tickAfter(10);
  expect(view.note).not.toHaveBeenCalled();
});

it("knows the step of the last one that was saved, and tells the view of each", async () => {
  const error = new MynahError("storage-full", "x cannot be written: the disk is full");
  const written = [undefined, error];
  const write = async (): Promise<void> => {
    const next = written.shift();
    if (next !== undefined) throw next;
  };
  const { checkpoints, view, tickAfter } = checkpointsThat({ write });
  await tickAfter(1);
  expect(checkpoints.saved).toBeUndefined();
  await tickAfter(10);
  await tickAfter(10);
  expect(checkpoints.saved).toBe(2);
  expect(view.autosaved.mock.calls).toEqual([
    [{ step: 2, path: "x", bytes: 1 }],
    [{ step: 3, path: "x", error }],
  ]);
});
