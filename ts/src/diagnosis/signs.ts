import { coarsened, type RunHistory, type Stretch } from "./history.js";
import {
  FAR_ABOVE_CLIP,
  FLAT,
  GAP,
  GOOD_RATE,
  HARDLY_FALLEN,
  HIGH,
  LAST_PART,
  LEAST_STEPS,
  LEAST_STRETCHES,
  NEXT_TO_NOTHING,
  RISEN,
  RISES,
  ROLLBACKS,
  SATURATED,
  SLOW_RATE,
  STEEP_RISE,
  STILL_FALLING,
  STEPS_OF_A_STRETCH,
  STRETCHES,
  SWING,
  SWINGS,
  WILD_RATE,
  WORSE_THAN_GUESSING,
} from "./thresholds.js";
import { MOST_WEIGHTS_PER_SYMBOL } from "../options/presets.js";

/** A validation, with the training loss of the steps before it. */
interface Validation {
  readonly step: number;
  readonly loss: number;
  readonly trainingLoss: number;
}

/** What can be seen in a history, one question at a time. */
export class Signs {
  readonly #history: RunHistory;
  readonly #validations: readonly Validation[];
  /** Coarse, for the training loss. */
  readonly #course: readonly Stretch[];

  constructor(history: RunHistory) {
    this.#history = history;
    const steps = history.stretches.at(-1)?.step ?? 0;
    this.#course = coarsened(history.stretches, Math.max(STEPS_OF_A_STRETCH, Math.floor(steps / STRETCHES)));
    this.#validations = history.stretches.flatMap(({ step, loss, validationLoss }) =>
      validationLoss === undefined ? [] : [{ step, loss: validationLoss, trainingLoss: loss }],
    );
  }

  get isTooEarly(): boolean {
    const steps = this.#course.reduce((sum, stretch) => sum + stretch.steps, 0);
    return this.#course.length < LEAST_STRETCHES || steps < LEAST_STEPS;
  }

  /** The loss that counts: that of the held-out text where there is one. */
  get loss(): number {
    return this.#validations.at(-1)?.loss ?? this.trainingLoss;
  }

  get trainingLoss(): number {
    return this.#course.at(-1)?.loss ?? NaN;
  }

  /** Whether there is nothing left to learn: on the text that counts, every symbol is foreseen. */
  get isNextToNothing(): boolean {
    return this.loss < NEXT_TO_NOTHING;
  }

  /** By how much the loss that counts has fallen in the last part of the run, as a share; 0 of one that is next to nothing. */
  get fall(): number {
    return this.#validations.length > 1 ? this.#fallOf(this.#validations) : this.trainingFall;
  }

  /** The same, of the training loss. */
  get trainingFall(): number {
    return this.#fallOf(this.#course);
  }

  /** What is wrong with the loss of a rate that is too high, in words; `undefined` if nothing is. */
  get excess(): string | undefined {
    const { rollbacks, clipNorm, hasDiverged } = this.#history;
    const course = this.#course;
    if (rollbacks >= ROLLBACKS) return `${rollbacks} steps had to be undone`;
    if (hasDiverged === true) return "the loss is no finite number any more";
    if (this.trainingLoss > WORSE_THAN_GUESSING * this.#guess)
      return "the training loss is above that of guessing";
    const losses = course.map(({ loss }) => loss);
    if (this.#hasRisen(Math.min(...losses), this.trainingLoss)) return "the training loss has risen again";
    const swings = losses.filter((loss, i) => this.#hasRisen(losses[i - 1] ?? loss, loss));
    if (swings.length >= losses.length * SWINGS) return "the training loss jumps up and down";
    if (this.#shareOfUsualRate > WILD_RATE) {
      const isStuck = this.trainingLoss > (losses[0] ?? NaN) * HARDLY_FALLEN;
      const what = swings.length > 0 ? "rose on the way" : isStuck ? "hardly falls" : undefined;
      if (what !== undefined) return `the training loss ${what}, at a rate far above the usual one`;
    }
    const norm = meanOf(course, ({ gradientNorm }) => gradientNorm);
    if (clipNorm !== undefined && norm > clipNorm * FAR_ABOVE_CLIP) {
      return `the gradient's norm is ${norm.toFixed(0)} on average, far above the ${clipNorm} it is clipped to`;
    }
    return undefined;
  }

  /** Whether the rate is so low that the loss falls, but slowly, or does not leave that of guessing. */
  get isSlow(): boolean {
    const share = this.#shareOfUsualRate;
    return (share < SLOW_RATE && this.fall >= FLAT) || (this.hasHardlyFallen && !(share >= GOOD_RATE));
  }

  /** Whether the training loss is still about that of an even guess. */
  get hasHardlyFallen(): boolean {
    return this.trainingLoss > HARDLY_FALLEN * this.#guess;
  }

  /** The validation before the held-out loss rose for good while the training loss went on falling; `undefined` if it did not. */
  get turn(): Validation | undefined {
    const best = this.#validations.reduce<Validation | undefined>(
      (lowest, one) => (lowest === undefined || one.loss < lowest.loss ? one : lowest),
      undefined,
    );
    const last = this.#validations.at(-1);
    if (best === undefined || last === undefined || this.isNextToNothing) return undefined;
    const after = this.#validations.filter(({ step }) => step > best.step);
    const hasRisen = last.loss > best.loss * (1 + (after.length >= RISES ? RISEN : STEEP_RISE));
    return hasRisen && last.trainingLoss < best.trainingLoss * (1 - FLAT) ? best : undefined;
  }

  /** By how much the held-out loss is above the training loss, as a share of that; 0 where it is next to nothing. */
  get gap(): number {
    const last = this.#validations.at(-1);
    return last === undefined || this.isNextToNothing ? 0 : last.loss / last.trainingLoss - 1;
  }

  /** Whether it is the text that is still being learnt, and not the language. */
  get isByHeart(): boolean {
    return this.gap > GAP && this.trainingFall > FLAT;
  }

  /** Whether the model has more weights than the text can teach, and shows it. */
  get isTooLarge(): boolean {
    const { parameters, trainTokens } = this.#history;
    const middle = this.#validations[Math.floor(this.#validations.length / 2)];
    if (middle === undefined || parameters < trainTokens * MOST_WEIGHTS_PER_SYMBOL) return false;
    // What it learns by heart does it good as long as the held-out loss falls.
    if (this.fall >= STILL_FALLING) return false;
    return this.gap > GAP && this.gap > middle.loss / middle.trainingLoss - 1;
  }

  /** Of a loss that is flat: whether a larger model would come further. */
  get isTooSmall(): boolean {
    const { parameters, tokens } = this.#history;
    const isSaturated = tokens > parameters * SATURATED;
    return isSaturated && this.gap < GAP && this.loss > HIGH * this.#guess;
  }

  /** The loss of an even guess. */
  get #guess(): number {
    return Math.log(this.#history.vocabularySize);
  }

  /** Whether the training loss of a stretch is above that of another one by more than it wavers. */
  #hasRisen(from: number, to: number): boolean {
    return to - from > SWING * Math.max(from, HIGH * this.#guess);
  }

  /** `NaN` where the usual rate is not known. */
  get #shareOfUsualRate(): number {
    const { learningRate, usualRate = NaN } = this.#history;
    return learningRate / usualRate;
  }

  #fallOf(course: readonly (Validation | Stretch)[]): number {
    const last = course.at(-1);
    const before = course[Math.floor((course.length - 1) * (1 - LAST_PART))];
    if (last === undefined || before === undefined || last.loss < NEXT_TO_NOTHING) return 0;
    return 1 - last.loss / before.loss;
  }
}

function meanOf(stretches: readonly Stretch[], of: (stretch: Stretch) => number): number {
  const steps = stretches.reduce((sum, stretch) => sum + stretch.steps, 0);
  return stretches.reduce((sum, stretch) => sum + of(stretch) * stretch.steps, 0) / steps;
}
