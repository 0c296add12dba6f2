import { cores } from "#platform";
import { PRESET_DEFAULT } from "./options/defaults.js";
import { presetTraining, type Extent, type PresetInfo } from "./options/presets.js";
import type { PresetOption, TrainSettings } from "./options/types.js";
import { usefulWorkers } from "./parallel/useful-workers.js";

/**
 * The settings that a training has, with all that depends on the text, the model and the machine.
 *
 * @param mayShare - whether further workers may share its steps where nobody says so: not those of a model in place
 */
export function plannedTraining(
  { preset = PRESET_DEFAULT, ...given }: PresetOption & TrainSettings,
  info: PresetInfo,
  extent: Extent,
  mayShare: boolean,
): TrainSettings & { readonly workers: number } {
  const chosen = presetTraining(preset, info, extent, given);
  const workers = chosen.workers ?? (mayShare ? usefulWorkers(info, chosen, cores()) : 1);
  return { ...chosen, workers };
}
