// What the compiler accepts and refuses; `tsc -p test` is what runs these.
import { expectTypeOf, it } from "vitest";
import type {
  AutosaveReport,
  CreateOptions,
  Diagnosis,
  DiagnosisKind,
  ErrorCode,
  EvaluateOptions,
  MemoryOptions,
  MynahError,
  TextModel,
  TrainingRun,
  TrainOptions,
  TrainResult,
  TrainStep,
} from "mynah";
import type * as core from "mynah/core";
import type * as slim from "mynah/slim";

it("a text is given in exactly one way", () => {
  expectTypeOf<{ text: string }>().toExtend<CreateOptions>();
  expectTypeOf<{ corpus: "fables" }>().toExtend<TrainOptions>();
  expectTypeOf<{ text: string; corpus: undefined }>().toExtend<EvaluateOptions>();
  expectTypeOf<{ text: string; corpus: "fables" }>().not.toExtend<CreateOptions>();
  expectTypeOf<{ corpus: "shakespeare" }>().not.toExtend<CreateOptions>();
  expectTypeOf<{ hiddenSize: number }>().not.toExtend<CreateOptions>();
});

it("an option may be undefined", () => {
  expectTypeOf<{
    text: string;
    signal: AbortSignal | undefined;
    cell: "gru" | undefined;
  }>().toExtend<CreateOptions>();
});

it("conditions come with documents, which are not changed", () => {
  expectTypeOf<{ documents: readonly string[]; conditions: Float32Array }>().toExtend<TrainOptions>();
  expectTypeOf<{ documents: string[]; text: string }>().not.toExtend<TrainOptions>();
});

it("a layer's size may be its own", () => {
  expectTypeOf<{ text: string; hiddenSize: readonly [512, 256] }>().toExtend<CreateOptions>();
});

it("a text that is not there yet has a size", () => {
  expectTypeOf<{ vocabularySize: number; symbols: number; dropout: number }>().toExtend<MemoryOptions>();
  expectTypeOf<{ vocabularySize: number }>().not.toExtend<MemoryOptions>();
});

it("a cell is one of six", () => {
  expectTypeOf<{ text: string; cell: "gpt" }>().not.toExtend<CreateOptions>();
});

it("loops and promises have the types they show", () => {
  expectTypeOf<TextModel["train"]>().returns.toEqualTypeOf<TrainingRun>();
  expectTypeOf<TextModel["resume"]>().returns.toEqualTypeOf<TrainingRun>();
  expectTypeOf<TrainingRun>().toExtend<AsyncIterableIterator<TrainStep>>();
  expectTypeOf<TrainingRun>().toExtend<PromiseLike<TrainResult>>();
  expectTypeOf<TextModel["sample"]>().returns.toExtend<AsyncIterable<string>>();
  expectTypeOf<TextModel["sampleStream"]>().returns.toExtend<BodyInit>();
  expectTypeOf<TextModel["save"]>().returns.resolves.toExtend<BlobPart>();
  expectTypeOf<TextModel>().toExtend<AsyncDisposable>();
});

it("a model is only made by create and load", () => {
  expectTypeOf<typeof TextModel>().not.toExtend<new (...args: never[]) => unknown>();
});

it("slim is told where its worker is, and core is not", () => {
  expectTypeOf<typeof slim.configure>().parameter(0).toEqualTypeOf<slim.Places>();
  expectTypeOf<typeof core.configure>().parameter(0).toEqualTypeOf<slim.FilePlaces>();
  expectTypeOf<{ worker: () => Worker }>().toExtend<slim.Places>();
  expectTypeOf<{ worker: string }>().not.toExtend<core.FilePlaces>();
  expectTypeOf<{ wasm: { simd128: WebAssembly.Module } }>().toExtend<core.FilePlaces>();
  expectTypeOf<{ wasm: { simd128: null } }>().not.toExtend<core.FilePlaces>();
  expectTypeOf<TextModel["hasWorker"]>().toEqualTypeOf<boolean>();
});

it("the entries have the same models, and core has no pools", () => {
  expectTypeOf<slim.TextModel>().toEqualTypeOf<TextModel>();
  expectTypeOf<core.TextModel>().toEqualTypeOf<TextModel>();
  expectTypeOf<typeof slim>().toHaveProperty("createPool");
  expectTypeOf<typeof core>().not.toHaveProperty("createPool");
  expectTypeOf<typeof core.PLACE_DEFAULTS.worker>().toEqualTypeOf<false>();
});

it("a step and a result tell alike what came of a save", () => {
  expectTypeOf<TrainStep["autosave"]>().toEqualTypeOf<TrainResult["autosave"]>();
  expectTypeOf<NonNullable<TrainStep["autosave"]>>().toEqualTypeOf<AutosaveReport>();
  expectTypeOf<AutosaveReport["previous"]>().toEqualTypeOf<string | undefined>();
});

it("codes and verdicts are known words", () => {
  expectTypeOf<MynahError["code"]>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<"text-too-short">().toExtend<ErrorCode>();
  expectTypeOf<"no-such-code">().not.toExtend<ErrorCode>();
  expectTypeOf<Diagnosis["kind"]>().toEqualTypeOf<DiagnosisKind>();
  expectTypeOf<"too-little-text">().toExtend<DiagnosisKind>();
  expectTypeOf<"no-such-verdict">().not.toExtend<DiagnosisKind>();
});
