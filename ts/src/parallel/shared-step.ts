import { LEADER, type Links } from "./links.js";
import { callWasm, isInstanceAlive } from "../wasm/instance.js";
import type { Model, Training } from "../wasm/glue.js";

const NOTHING = new Float32Array();

/**
 * One worker's share of a step that all take together: its part goes to all others, and theirs come in. They are added in the
 * order of the workers, so that all come to the same bits. Returns the loss, as `Training.step` does.
 *
 * @throws MynahError what another worker failed with, after which the step counts as not begun.
 */
export async function sharedStep(
  training: Training,
  model: Model,
  links: Links,
  secondsDone: number,
): Promise<number> {
  callWasm(() => training.beginStep(model, secondsDone));
  try {
    callWasm(() => send(training, links));
    for (const other of links.others) {
      const { gradient, loss, carried } = await links.part(other);
      callWasm(() => training.takeIn(other, gradient, loss, carried));
      links.reuse(other, gradient);
    }
  } catch (error) {
    if (isInstanceAlive()) training.abandonStep();
    throw error;
  }
  return callWasm(() => training.endStep(model));
}

function send(training: Training, links: Links): void {
  const loss = training.ownLoss();
  for (const other of links.others) {
    const carried = other === LEADER ? training.carried() : NOTHING;
    links.send(other, training.parameters, (gradient) => training.copyGradient(gradient), { loss, carried });
  }
}

/** Takes part in the steps of a training that another worker leads, until this worker ends, or cannot go on. */
export async function follow(training: Training, model: Model, links: Links): Promise<never> {
  for (;;) {
    const command = await links.command();
    switch (command.kind) {
      case "step":
        await sharedStep(training, model, links, command.secondsDone);
        break;
      case "validated":
        callWasm(() => training.validated(model, command.loss));
        break;
    }
  }
}
