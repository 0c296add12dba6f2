import type { Line, Place } from "../jobs.js";
import { MynahError } from "../errors.js";

/** The calls that somebody waits for: a pool lets so many in, and refuses the others at once. */
export class Queue implements Line {
  readonly #most: number;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Calls that wait or are being answered. */
  get length(): number {
    return this.#length;
  }

  refuseIfFull(): void {
    if (this.#length < this.#most) return;
    throw new MynahError(
      "queue-full",
      `${this.#length} calls of the pool wait already, and maxQueue is ${this.#most}; try again when some have been answered`,
    );
  }

  enter(): Place {
    this.refuseIfFull();
    let isIn = true;
    this.#length += 1;
    const change = (isInNow: boolean): void => {
      if (isIn !== isInNow) this.#length += isInNow ? 1 : -1;
      isIn = isInNow;
    };
    return { leave: () => change(false), takeAgain: () => change(true) };
  }
}
