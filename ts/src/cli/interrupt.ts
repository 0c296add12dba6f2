import { EXIT } from "./exit.js";

/** Thrown, as a signal's reason, by what was stopped by Ctrl-C or because nobody reads the output any more. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// Supervisors such as timeout(1) signal a process and then its group: the same wish, told twice within microseconds.
const SAME_WISH_MILLISECONDS = 1000;

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into an abort, so that work can be saved; the second one ends the process at once.
 */
export class InterruptWatch {
  readonly #controller = new AbortController();
  readonly #onSignal: (name: NodeJS.Signals) => void;

  /** @param onSecond - runs before the process ends at once; to clean up, synchronously */
  constructor(onSecond: () => void) {
    let firstAt = 0;
    this.#onSignal = (name) => {
      if (!this.signal.aborted) {
        firstAt = performance.now();
        this.interrupt();
        return;
      }
      // A person's second Ctrl-C counts at once.
      if (name !== "SIGINT" && performance.now() - firstAt < SAME_WISH_MILLISECONDS) return;
      onSecond();
      process.exit(EXIT.interrupted);
    };
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Aborted by the first interruption, with an {@link Interruption} as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Does what the first Ctrl-C does. */
  interrupt(): void {
    this.#controller.abort(new Interruption("interrupted"));
  }

  /** Leaves the signals to the system again. */
  stop(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }
}
