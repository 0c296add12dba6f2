import { TRAIN_DEFAULTS } from "../options/defaults.js";
import { rateOf } from "../options/presets.js";
import type { TrainSettings } from "../options/types.js";
import type { ModelInfo, TrainingPlan, TrainStep } from "../types.js";

/** What is known of a run beside its steps. */
export interface RunFacts {
  /** Trained numbers of the model. */
  readonly parameters: number;
  readonly vocabularySize: number;
  /** Symbols trained on. */
  readonly trainTokens: number;
  /** Whether it goes on from a checkpoint. */
  readonly goesOn?: boolean;
  /** What the gradient is clipped to; absent where it is not, or where a checkpoint alone knows. */
  readonly clipNorm?: number | undefined;
  /** The peak of the learning rate, where it is known. */
  readonly peakRate?: number | undefined;
  /** What that usually is of such a model, where the optimiser is one of Adam's kind. */
  readonly usualRate?: number | undefined;
}

/** What a diagnosis has to know of a model, a plan and its settings, where these are not those of a checkpoint. */
export function factsOf(
  info: ModelInfo,
  { trainTokens }: TrainingPlan,
  settings: TrainSettings | undefined,
): RunFacts {
  const { parameters, vocabularySize } = info;
  const size = { parameters, vocabularySize, trainTokens };
  if (settings === undefined) return { ...size, goesOn: true };
  const { clipNorm = TRAIN_DEFAULTS.clipNorm, optimizer = TRAIN_DEFAULTS.optimizer, learningRate } = settings;
  const isOfAdamsKind = optimizer === "adamw" || optimizer === "adam" || optimizer === "muon";
  return {
    ...size,
    peakRate: learningRate,
    clipNorm: clipNorm === 0 ? undefined : clipNorm,
    usualRate: isOfAdamsKind ? rateOf(info) : undefined,
  };
}

/** A part of a run: all steps after those before. */
export interface Stretch {
  /** The last step of it. */
  readonly step: number;
  /** How many steps it has. */
  readonly steps: number;
  /** Mean over its steps, in nats per symbol. */
  readonly loss: number;
  /** Mean over what was told of its steps, before clipping. */
  readonly gradientNorm: number;
  /** Over the held-out text, after its last step. */
  readonly validationLoss?: number;
}

/** All of a run that a {@link diagnose | diagnosis} looks at. */
export interface RunHistory extends RunFacts {
  readonly stretches: readonly Stretch[];
  /** From 0; 1 at the end. */
  readonly fractionDone: number;
  /** Passes over the text. */
  readonly epoch: number;
  /** Symbols seen, those before a checkpoint among them. */
  readonly tokens: number;
  readonly rollbacks: number;
  /** Whether a loss that was no finite number has ended it. */
  readonly hasDiverged?: boolean;
  /** The peak of the learning rate, or the highest so far. */
  readonly learningRate: number;
}

/** Stretches kept; where there would be more, each two become one. So a run of days takes no more memory than one of minutes. */
const MOST_STRETCHES = 256;

/**
 * Writes down the steps of a run. Where a text is held out, a stretch goes from one validation to the next; where none is, from one step
 * told to the next.
 */
export class RunRecorder {
  readonly #facts: RunFacts;
  readonly #hasValidations: boolean;
  #stretches: Stretch[] = [];
  /** Steps since the last stretch. */
  #open: Stretch | undefined;
  #last: TrainStep | undefined;
  #rollbacks = 0;
  #learningRate = 0;
  #hasDiverged = false;

  /** @param hasValidations - whether a text is held out */
  constructor(facts: RunFacts, hasValidations: boolean) {
    this.#facts = facts;
    this.#hasValidations = hasValidations;
  }

  /** Takes in a step that was told. */
  add(step: TrainStep): void {
    // A run that goes on begins at a step that only its checkpoint knows.
    const before = this.#last?.step ?? (this.#facts.goesOn === true ? step.step - 1 : 0);
    const steps = step.step - before;
    this.#last = step;
    this.#learningRate = Math.max(this.#learningRate, step.learningRate);
    if (step.rollback !== undefined) this.#rollbacks += 1;
    if (steps > 0 && Number.isFinite(step.loss)) this.#open = joined(this.#open, { ...step, steps });
    // At the end the weights of the best validation are measured once more, which says nothing of the last step unless that was it.
    const isOfBefore = step.fractionDone === 1 && step.isBest === false;
    const { validationLoss } = step;
    if (this.#open === undefined) return;
    if (validationLoss !== undefined && !isOfBefore) this.#close({ ...this.#open, validationLoss });
    else if (!this.#hasValidations) this.#close(this.#open);
  }

  /** Takes in that a loss that was no finite number has ended the run. */
  diverge(): void {
    this.#hasDiverged = true;
  }

  /** All so far; `undefined` before the first step. */
  get history(): RunHistory | undefined {
    if (this.#last === undefined) return undefined;
    const { fractionDone, epoch } = this.#last;
    return {
      ...this.#facts,
      stretches: this.#stretches,
      fractionDone,
      epoch,
      tokens: Math.round(epoch * this.#facts.trainTokens),
      rollbacks: this.#rollbacks,
      hasDiverged: this.#hasDiverged,
      learningRate: this.#facts.peakRate ?? this.#learningRate,
    };
  }

  #close(stretch: Stretch): void {
    this.#open = undefined;
    this.#stretches.push(stretch);
    if (this.#stretches.length <= MOST_STRETCHES) return;
    const halved: Stretch[] = [];
    for (let i = 0; i + 1 < this.#stretches.length; i += 2) {
      const [first, second] = this.#stretches.slice(i, i + 2);
      if (second !== undefined) halved.push(joined(first, second));
    }
    this.#stretches = [...halved, ...this.#stretches.slice(2 * halved.length)];
  }
}

/** The same course in fewer stretches, each of so many steps at least but the last; validations within one are lost. */
export function coarsened(stretches: readonly Stretch[], leastSteps: number): Stretch[] {
  const coarse: Stretch[] = [];
  let open: Stretch | undefined;
  for (const stretch of stretches) {
    open = joined(open, stretch);
    if (open.steps < leastSteps) continue;
    coarse.push(open);
    open = undefined;
  }
  const last = coarse.pop();
  // What is left is too little for a stretch of its own.
  return last === undefined
    ? open === undefined
      ? []
      : [open]
    : [...coarse, open === undefined ? last : joined(last, open)];
}

/** Two stretches that follow each other, as one; the validation is that of the second. */
function joined(first: Stretch | undefined, second: Stretch): Stretch {
  const { step, validationLoss } = second;
  const steps = (first?.steps ?? 0) + second.steps;
  const mean = (of: "loss" | "gradientNorm"): number =>
    ((first?.[of] ?? 0) * (first?.steps ?? 0) + second[of] * second.steps) / steps;
  return {
    step,
    steps,
    loss: mean("loss"),
    gradientNorm: mean("gradientNorm"),
    ...(validationLoss === undefined ? {} : { validationLoss }),
  };
}
