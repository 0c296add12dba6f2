import type { Checkpoints } from "./checkpoints.js";
import { explainFailure } from "./exit.js";
import { checkLoadable } from "./files/load-model.js";
import { readBytes } from "./files/read-bytes.js";
import type { TrainedFiles } from "./files/trained-files.js";
import type { Source } from "./files/training-source.js";
import { quote, resumeCommand } from "./next-commands.js";
import { writeNote } from "./output.js";
import type { FailedRun } from "./run-training.js";
import { describeDiagnosis } from "./view/describe-run.js";
import { formatBytes, formatSteps } from "./view/format.js";
import { MynahError, type TextModel } from "../index.js";

/** What is left of a run that failed. */
interface Remains {
  readonly source: Source;
  readonly files: TrainedFiles;
  readonly checkpoints: Pick<Checkpoints, "saved">;
}

/**
 * Saves what a failed run had learnt, and says where: never in the place of a good model, which the file asked for may hold. The
 * failure itself is for the caller to report.
 */
export async function keepFailed(
  model: Pick<TextModel, "save" | "saveCheckpoint">,
  { failure, steps, diagnosis }: FailedRun,
  remains: Remains,
): Promise<void> {
  const verdict = failedByItself(failure) ? describeDiagnosis(diagnosis, true) : undefined;
  if (verdict !== undefined) writeNote(verdict);
  const after = `The run failed after ${formatSteps(steps)}`;
  const { source, files } = remains;
  try {
    const { bytes, canGoOn } = await bytesOf(model, failure);
    // Weights that are not finite any more make a file that nothing reads.
    await checkLoadable(bytes);
    const { path, failure: detour } = await files.writeFailed(bytes);
    const size = `${formatBytes(bytes.length)}${canGoOn ? ", a checkpoint" : ""}`;
    const elsewhere = detour === undefined ? "" : ` ${explainFailure(detour).sentence}.`;
    writeNote(`${after}.${elsewhere} Saved what it had learnt: ${path} (${size}).`);
    if (canGoOn) writeNote(`Go on with: ${resumeCommand(source, path)} --out ${quote(files.wanted.path)}`);
  } catch (error) {
    writeNote(`${after}, and what it had learnt could not be saved: ${explainFailure(error).sentence}`);
    await pointToCheckpoint(remains);
  }
}

/** Of a run whose model is gone: says what the last autosave has of it, if that is still there, and can be loaded. */
export async function pointToCheckpoint({ source, files, checkpoints: { saved } }: Remains): Promise<void> {
  if (saved === undefined) return;
  const { path } = files.wanted;
  try {
    await checkLoadable(await readBytes(path));
    writeNote(`The autosave of step ${saved} is good: ${path}. Go on with: ${resumeCommand(source, path)}`);
  } catch (error) {
    writeNote(`The autosave of step ${saved}, ${path}, is of no use: ${explainFailure(error).sentence}`);
  }
}

/** A checkpoint of a run that only lacks a worker, and goes on where it was; of others, which went wrong by themselves, the model. */
async function bytesOf(
  model: Pick<TextModel, "save" | "saveCheckpoint">,
  failure: Error,
): Promise<{ readonly bytes: Uint8Array; readonly canGoOn: boolean }> {
  return failedByItself(failure)
    ? { bytes: await model.save(), canGoOn: false }
    : { bytes: await model.saveCheckpoint(), canGoOn: true };
}

function failedByItself(failure: Error): boolean {
  return !(failure instanceof MynahError && failure.code === "worker-crashed");
}
