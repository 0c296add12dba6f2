/** The time of a run; tests put another one in its place. */
export interface Clock {
  /** In milliseconds, from whenever. */
  now(): number;
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  after(milliseconds: number, callback: () => void): () => void;
}

const REAL: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * When a run works and when it rests: not while it is paused, and after each slice of work as long as its duty cycle wants. Rests are
 * spent in the thread that works: the timers of a worker keep their time where a hidden tab's are held back.
 */
export class Pace {
  readonly #clock: Clock;
  #dutyCycle: number;
  #isPaused = false;
  #hasEnded = false;
  /** When the clock was stopped. */
  #stoppedAt: number | undefined;
  #millisecondsStopped = 0;
  #worked = 0;
  #workedUntil = 0;
  #disturb: (() => void) | undefined;
  readonly #whenContinued: (() => void)[] = [];

  /** @param dutyCycle - share of the time that is worked */
  constructor(dutyCycle: number, clock: Clock = REAL) {
    this.#clock = clock;
    this.#dutyCycle = dutyCycle;
  }

  /** Milliseconds from whenever, pauses not counted. */
  now(): number {
    return (this.#stoppedAt ?? this.#clock.now()) - this.#millisecondsStopped;
  }

  /** Whether no more work may begin. */
  get isResting(): boolean {
    return this.#isPaused || this.#hasEnded;
  }

  /** Takes effect at once, on a rest under way, too. */
  setDutyCycle(share: number): void {
    this.#dutyCycle = share;
    this.#disturb?.();
  }

  /** Lets no more work begin, and stops the clock once the work under way has ended. */
  async pause(underway: Promise<unknown>): Promise<void> {
    this.#isPaused = true;
    this.#disturb?.();
    await underway;
    if (this.#isPaused) this.#stopClock();
  }

  /** Ends a pause. */
  continue(): void {
    this.#isPaused = false;
    if (!this.#hasEnded) this.#startClock();
    for (const proceed of this.#whenContinued.splice(0)) proceed();
  }

  /** Resolves when there is no pause any more. */
  async continued(): Promise<void> {
    if (!this.#isPaused || this.#hasEnded) return;
    await new Promise<void>((resolve) => this.#whenContinued.push(resolve));
  }

  /** Ends rests and pauses; no more work may begin, and the clock stands. */
  end(): void {
    this.#hasEnded = true;
    this.#stopClock();
    this.#disturb?.();
    for (const proceed of this.#whenContinued.splice(0)) proceed();
  }

  /** Does a slice of work, of which {@link rest} rests afterwards. */
  async work<Result>(slice: () => Promise<Result>): Promise<Result> {
    const began = this.now();
    try {
      return await slice();
    } finally {
      this.#workedUntil = this.now();
      this.#worked = this.#workedUntil - began;
    }
  }

  /** Rests as long as the last slice of work wants; less when {@link setDutyCycle}, a pause or the end come between. */
  async rest(): Promise<void> {
    const left = this.restLeft;
    if (left <= 0 || this.isResting) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(left, resolve);
      this.#disturb = () => {
        cancel();
        resolve();
      };
    });
    this.#disturb = undefined;
  }

  /** Milliseconds of rest that the last slice still wants. What passed since then, with a slow reader for instance, counts. */
  get restLeft(): number {
    return this.#workedUntil + this.#worked * (1 / this.#dutyCycle - 1) - this.now();
  }

  #stopClock(): void {
    this.#stoppedAt ??= this.#clock.now();
  }

  #startClock(): void {
    if (this.#stoppedAt === undefined) return;
    this.#millisecondsStopped += this.#clock.now() - this.#stoppedAt;
    this.#stoppedAt = undefined;
  }
}
