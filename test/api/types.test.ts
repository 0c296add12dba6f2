// What the compiler accepts and refuses; `tsc -p test` is what runs these.
import { expectTypeOf, it } from "vitest";
import type {
  CreateOptions,
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

it("codes are known words", () => {
  expectTypeOf<MynahError["code"]>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<"text-too-short">().toExtend<ErrorCode>();
  expectTypeOf<"no-such-code">().not.toExtend<ErrorCode>();
});
