import type { Checkpoints } from "./checkpoints.js";
import { explainFailure } from "./exit.js";
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
    const output = await files.openForFailure();
    await output.write(bytes);
    const size = `${formatBytes(bytes.length)}${canGoOn ? ", a checkpoint" : ""}`;
    writeNote(`${after}. Saved what it had learnt: ${output.path} (${size}).`);
    if (canGoOn)
      writeNote(`Go on with: ${resumeCommand(source, output.path)} --out ${quote(files.wanted.path)}`);
  } catch (error) {
    writeNote(`${after}, and what it had learnt could not be saved: ${explainFailure(error).sentence}`);
    pointToCheckpoint(remains);
  }
}

/** Of a run whose model is gone: says what the last autosave has of it. */
export function pointToCheckpoint({ source, files, checkpoints: { saved } }: Remains): void {
  if (saved === undefined) return;
  const { path } = files.wanted;
  writeNote(`The autosave of step ${saved} is good: ${path}. Go on with: ${resumeCommand(source, path)}`);
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
