// What is learnt, and what is measured: a letter, a gap, a question mark, and after it the letter again.
import { TextModel, type TrainingRun } from "mynah";

export const CELLS = ["rnn", "gru", "lstm"] as const;
export type Cell = (typeof CELLS)[number];

const LETTERS = ["A", "B", "C", "D"];

/** How far before the answer the letter stands, in symbols: the question mark, the gap, the letter. */
export const [NEAREST, FARTHEST] = [6, 22];

/** What may be different. */
export interface Course {
  /** Whether letters that stand nearer come, too: from 2 symbols before the answer. */
  readonly hasEasyExamples: boolean;
  /** Whether recurrent matrices are orthogonal to begin with, mynah's default; else they are drawn as PyTorch draws them. */
  readonly isOrthogonal: boolean;
}

/** The text in which the letter stands so far before the answer. */
export const textOf = (distance: number, letter: string, answer = letter) =>
  `${letter}${"·".repeat(distance - 2)}?${answer}`;

/** What they learn from: letters and distances in a mixed order (Weyl sequences), so that neither tells the other. */
function documentsOf({ hasEasyExamples }: Course): string[] {
  const nearest = hasEasyExamples ? 2 : NEAREST;
  return Array.from({ length: 840 }, (_, i) => {
    const letter = LETTERS[Math.floor(4 * ((i * Math.SQRT2) % 1))] ?? "A";
    return textOf(nearest + Math.floor((FARTHEST - nearest + 1) * ((i * Math.sqrt(3)) % 1)), letter);
  });
}

/** A model that has learnt nothing. */
export function create(cell: Cell, course: Course, signal: AbortSignal): Promise<TextModel> {
  const initialization = course.isOrthogonal ? "orthogonal" : "uniform";
  const sizes = { hiddenSize: 32, embeddingSize: 16, seed: 2 };
  // This build gives the same numbers on every machine.
  const build = "simd128";
  return TextModel.create({ documents: documentsOf(course), cell, ...sizes, initialization, build, signal });
}

/** A training as in a textbook, the same for all three: Adam, and nothing dropped or held out. */
export function train(model: TextModel, course: Course, signal: AbortSignal): TrainingRun {
  const adam = { optimizer: "adam", learningRate: 0.01 } as const;
  const plain = { dropout: 0, weightDrop: 0, validation: 0, workers: 1, seed: 2 };
  // So slow that one can watch the lines.
  const pace = { steps: 3000, batchSize: 16, dutyCycle: 0.25 };
  return model.train({ documents: documentsOf(course), ...pace, ...adam, ...plain, signal });
}

export interface Measured {
  /** At [d − 1]: the norm of the gradient of the loss at the answer, with respect to the symbol that stands d before it. */
  readonly norms: readonly number[];
  /** The probability given to the right letter where that stands as far back as was asked for. */
  readonly right: number;
}

/** Measures a model; both are means over the letters. */
export async function measure(model: TextModel, distance: number): Promise<Measured> {
  const all = await Promise.all(
    LETTERS.map(async (letter, at) => {
      // With a wrong answer: where the model is sure of the right one, hardly any loss is left to go back.
      const wrong = LETTERS[(at + 1) % LETTERS.length];
      const { norms } = await model.inputGradient(textOf(FARTHEST, letter, wrong));
      const { logProbabilities } = await model.score(textOf(distance, letter));
      return { back: norms.slice(0, -1).toReversed(), right: Math.exp(logProbabilities[distance] ?? NaN) };
    }),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    norms: Array.from({ length: FARTHEST }, (_, d) => mean(all.map(({ back }) => back[d] ?? NaN))),
    right: mean(all.map(({ right }) => right)),
  };
}
