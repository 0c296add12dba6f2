import type { Line, Place } from "../jobs.js";
import { MynahError } from "../errors.js";

/** The calls that are under way: a pool lets so many in, and refuses the others at once. */
export class Queue implements Line {
  readonly #most: number;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Calls that wait, are being answered or being read. */
  get length(): number {
    return this.#length;
  }

  refuseIfFull(): void {
    if (this.#length < this.#most) return;
    throw new MynahError(
      "queue-full",
      `${this.#length} calls of the pool are under way, and maxQueue is ${this.#most}; try again when some have been answered`,
    );
  }

  enter(): Place {
    this.refuseIfFull();
    let isIn = true;
    this.#length += 1;
    const leave = (): void => {
      if (isIn) this.#length -= 1;
      isIn = false;
    };
    return { leave };
  }
}
