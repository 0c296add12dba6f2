import { TRAIN_DEFAULTS } from "../options/defaults.js";
import type { TrainSettings } from "../options/types.js";
import type { ModelInfo } from "../types.js";

// Below this, in multiply-adds for all weights and symbols of a step, telling each other costs more than a second core gives.
const WORTH_SHARING = 50e6;

// Matrix products of fewer rows read the same weights for less: those of a recurrent step, which has a row for each stream. A
// transformer's have one for each symbol.
const LEAST_ROWS = 8;

// More have not been measured.
const MOST_WORKERS = 8;

/**
 * How many workers share a step where nobody says: one where the step is small, else both of two cores, and of more cores
 * half, since they may come in pairs that share one arithmetic unit.
 */
export function usefulWorkers(
  { cell, parameters }: Pick<ModelInfo, "cell" | "parameters">,
  settings: TrainSettings,
  cores: number,
): number {
  const { batchSize = 1, seqLength = TRAIN_DEFAULTS.seqLength } = settings;
  if (parameters * batchSize * seqLength < WORTH_SHARING) return 1;
  const ofMachine = cores <= 2 ? cores : Math.ceil(cores / 2);
  const leastStreams = cell === "transformer" ? 1 : LEAST_ROWS;
  return Math.max(1, Math.min(ofMachine, Math.floor(batchSize / leastStreams), MOST_WORKERS));
}
