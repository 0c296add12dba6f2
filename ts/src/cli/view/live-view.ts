import { coloursFor } from "./colours.js";
import { ABOUT_LOSS, describeOutcome, describeRollback, describeStart } from "./describe-run.js";
import { drawFrame, type Scene } from "./frame.js";
import { LossHistory } from "./loss-curve.js";
import { Screen } from "./screen.js";
import { wrap } from "./text-layout.js";
import type { TrainOutcome, TrainStart, TrainView } from "./train-view.js";
import { writeOut } from "../output.js";
import type { TrainStep } from "../../types.js";

const MILLISECONDS_BETWEEN_FRAMES = 100;

const HINT = `${ABOUT_LOSS} · Ctrl-C stops and saves`;

/** A picture that stays in place on the terminal (stderr): progress, loss curve, and what the model writes by now. */
export class LiveTrainView implements TrainView {
  readonly samples = { everySeconds: 3, length: 400 };
  readonly #screen = new Screen(process.stderr);
  readonly #colours = coloursFor(process.stderr);
  #scene: Scene = {
    title: "",
    history: new LossHistory(),
    hint: HINT,
    step: undefined,
    validationLoss: undefined,
    sample: undefined,
  };
  #hasEnded = false;
  #drawnAt = -Infinity;

  begin(start: TrainStart): void {
    this.#scene = { ...this.#scene, title: describeStart(start) };
    this.#draw();
  }

  step(step: TrainStep): void {
    this.#scene.history.add(step.fractionDone, step.loss);
    this.#scene = { ...this.#scene, step, validationLoss: step.validationLoss ?? this.#scene.validationLoss };
    const { sample } = step;
    if (sample !== undefined) this.#scene = { ...this.#scene, sample: { text: sample, step: step.step } };
    if (step.rollback !== undefined) this.note(describeRollback(step.rollback));
    const isTime = performance.now() - this.#drawnAt >= MILLISECONDS_BETWEEN_FRAMES;
    if (isTime || sample !== undefined || step.fractionDone === 1) this.#draw();
  }

  autosaved(): void {}

  note(sentence: string): void {
    this.#scene = { ...this.#scene, hint: `${HINT} · ${sentence}` };
    this.#draw();
  }

  stopping(): void {
    this.#scene = {
      ...this.#scene,
      hint: "stopping; the model is being saved (Ctrl-C once more leaves at once)",
    };
    this.#draw();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // What only matters while it goes on makes room for what comes next.
    this.#scene = { ...this.#scene, sample: undefined, hint: "" };
    this.#draw();
    this.#screen.release();
  }

  saved(outcome: TrainOutcome): void {
    const colours = coloursFor(process.stdout);
    const [summary = "", file = "", ...others] = describeOutcome(outcome);
    const columns = (process.stdout.columns || 80) - 1;
    const lines = [
      ...wrap(summary, columns).map(colours.bold),
      ...wrap(file, columns).map(colours.good),
      // A command is copied, and has to stay in one piece.
      ...others.flatMap((line) => (isCommand(line, outcome) ? [line] : wrap(line, columns))),
    ];
    writeOut(`\n${lines.join("\n")}\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    // Some terminals report a size of zero.
    const size = { columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 };
    this.#screen.draw(drawFrame(this.#scene, size, this.#colours));
  }
}

function isCommand(line: string, { resumeCommand }: TrainOutcome): boolean {
  return resumeCommand !== undefined && line.endsWith(resumeCommand);
}
