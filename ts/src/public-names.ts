// What every entry of the package has.
export { TextModel } from "./model.js";
export type { Session } from "./session.js";
export { MynahError, type ErrorCode } from "./errors.js";
export { corpora, type CorpusName } from "./corpora/names.js";
export type { TextInput } from "./corpora/text-input.js";
export { loadCorpus, type ConditionedSource, type TextSource } from "./corpora/text-source.js";
export {
  oneHot,
  padSequences,
  type Dtype,
  type DtypeArrays,
  type NumberArray,
  type OneHotOptions,
  type PadOptions,
  type Sequence,
  type Shaped,
} from "./keras/sequences.js";
export { previewFolding, type FoldingChange, type FoldingPreview } from "./tokenizer/preview.js";
export { memoryEstimate } from "./memory-estimate.js";
export { listModels, loadModel, removeModel, renameModel, saveModel } from "./storage/storage.js";
export type { StoredModel } from "./storage/model-store.js";
export type { AutosaveOptions, SaveModelOptions } from "./storage/options.js";
export { overlap } from "./overlap/overlap.js";
export { similarity } from "./similarity.js";
export { suggest, type Suggestion } from "./suggest/suggest.js";
export type { Diagnosis, DiagnosisKind } from "./diagnosis/diagnose.js";
export type { TrainingRun } from "./training/training-run.js";
export type { TextKind } from "./suggest/kind.js";
export {
  AUTOSAVE_DEFAULTS,
  COMPLETION_DEFAULTS,
  EMBED_DEFAULTS,
  EVALUATE_DEFAULTS,
  FILL_DEFAULTS,
  GRADIENT_DEFAULTS,
  INPUT_GRADIENT_DEFAULTS,
  LIVE_SAMPLE_DEFAULTS,
  MODEL_DEFAULTS,
  OVERLAP_DEFAULTS,
  PLACE_DEFAULTS,
  PRESET_DEFAULT,
  RUN_DEFAULTS,
  SAMPLE_DEFAULTS,
  SAVE_DEFAULTS,
  SCORE_DEFAULTS,
  SUGGEST_DEFAULTS,
  TOKENIZER_DEFAULTS,
  TRAIN_DEFAULTS,
} from "./options/defaults.js";
export type {
  ActivationsOptions,
  ConditionSettings,
  EmbedOptions,
  EmbedSettings,
  EvaluateOptions,
  EvaluateSettings,
  GradientOptions,
  GradientSettings,
  InputGradientOptions,
  InputGradientSettings,
  OverlapOptions,
  OverlapSettings,
  ScoreOptions,
  ScoreSettings,
} from "./options/insight-types.js";
export type {
  CompletionOptions,
  CompletionSettings,
  FeedOptions,
  SessionOptions,
  SessionSampleOptions,
  SessionSampleSettings,
  SessionSettings,
} from "./options/session-types.js";
export type {
  FoldingOptions,
  Normalization,
  TokenizerJson,
  TokenizerKind,
  TokenizerOptions,
} from "./options/tokenizer-types.js";
export type {
  Abortable,
  CreateOptions,
  FillOptions,
  FillSettings,
  LiveSampleSettings,
  LoadOptions,
  LoadSettings,
  MemoryOptions,
  ModelOptions,
  PlaceOptions,
  Preset,
  PresetOption,
  ResumeOptions,
  RunOptions,
  RunSettings,
  SampleManyOptions,
  SampleManySettings,
  SampleOptions,
  SampleSettings,
  SuggestOptions,
  SuggestSettings,
  TextSize,
  TrainOptions,
  TrainSettings,
} from "./options/types.js";
export type {
  Activations,
  Alternative,
  AutosaveReport,
  Build,
  Completion,
  Encoding,
  Evaluation,
  GradientFlow,
  InputGradient,
  LayerActivations,
  LayerGradientFlow,
  ModelInfo,
  Overlap,
  OverlapRun,
  Rollback,
  Score,
  TensorInfo,
  TrainingPlan,
  TrainResult,
  TrainStep,
} from "./types.js";
