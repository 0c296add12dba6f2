import { EXIT } from "./exit.js";

/** Thrown, as a signal's reason, by what was stopped by Ctrl-C or because nobody reads the output any more. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into an abort, so that work can be saved; the second one ends the process at once.
 */
export class InterruptWatch {
  readonly #controller = new AbortController();
  readonly #onSignal: () => void;

  /** @param onSecond - runs before the process ends at once; to clean up, synchronously */
  constructor(onSecond: () => void) {
    this.#onSignal = () => {
      if (!this.signal.aborted) {
        this.interrupt();
        return;
      }
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
