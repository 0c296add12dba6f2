// A measured process, seen from outside: it is started once, asked for a span of work in each round, and ended.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { threadsEnvironment } from "./rows.mjs";

const START_LIMIT_MS = 180_000;
/** Whole steps are measured, so a span may take longer than its budget; this much is a hang. */
const SPAN_LIMIT_MS = 120_000;

/** Lines of standard error that are kept, to say what went wrong. */
const KEPT_LINES = 20;

export class Session {
  #child;
  #lines;
  #errors = [];
  #ended = false;

  /**
   * @param {string[]} command
   * @param {number} threads
   */
  constructor([program = "", ...args], threads) {
    this.#child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...threadsEnvironment(threads), PYTHONDONTWRITEBYTECODE: "1" },
    });
    this.#child.once("error", (error) => this.#errors.push(error.message));
    this.#child.once("close", () => (this.#ended = true));
    this.#child.stdin.on("error", () => undefined); // It has ended; its last line says why.
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    createInterface({ input: this.#child.stderr }).on("line", (line) => {
      this.#errors.push(line);
      if (this.#errors.length > KEPT_LINES) this.#errors.shift();
    });
  }

  /** Waits until it has warmed up. Returns the versions of what it measures. */
  async ready() {
    return (await this.#answer(START_LIMIT_MS)).ready;
  }

  /**
   * @param {number} seconds
   * @returns {Promise<{ steps: number, symbols: number, seconds: number }>}
   */
  async measure(seconds) {
    this.#child.stdin.write(`${seconds}\n`);
    return this.#answer(SPAN_LIMIT_MS + seconds * 1000);
  }

  /** Ends it. Returns its peak memory in bytes. */
  async end() {
    if (this.#ended) return undefined;
    this.#child.stdin.end();
    try {
      return (await this.#answer(SPAN_LIMIT_MS)).peakMemory;
    } catch {
      return undefined;
    } finally {
      this.kill();
    }
  }

  kill() {
    if (!this.#ended) this.#child.kill("SIGTERM");
  }

  async #answer(limit) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limit / 1000} s`)), limit);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done === true) throw new Error(this.#errors.at(-1) ?? "the process ended");
      const answer = JSON.parse(value);
      // A page's error brings its stack along.
      if (answer.failed !== undefined) throw new Error(answer.failed.split("\n")[0]);
      return answer;
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
