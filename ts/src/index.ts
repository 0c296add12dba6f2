/// <reference lib="esnext.disposable" preserve="true" />
export { TextModel } from "./model.js";
export { MynahError, type ErrorCode } from "./errors.js";
export { corpora, type CorpusName } from "./corpora/names.js";
export { loadCorpus, type TextSource } from "./corpora/text-source.js";
export {
  EVALUATE_DEFAULTS,
  MODEL_DEFAULTS,
  PLACE_DEFAULTS,
  SAMPLE_DEFAULTS,
  TRAIN_DEFAULTS,
} from "./options/defaults.js";
export type {
  Abortable,
  CreateOptions,
  EvaluateOptions,
  EvaluateSettings,
  LoadOptions,
  LoadSettings,
  ModelOptions,
  PlaceOptions,
  SampleOptions,
  SampleSettings,
  TrainOptions,
  TrainSettings,
} from "./options/types.js";
export type {
  Build,
  Evaluation,
  ModelInfo,
  TensorInfo,
  TrainingPlan,
  TrainResult,
  TrainStep,
} from "./types.js";
