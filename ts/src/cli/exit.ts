import { CommanderError } from "commander";
import { withFlagNames } from "./flags.js";
import { printable } from "./view/text-layout.js";
import { MynahError, type ErrorCode } from "../index.js";

/** What the process ends with. */
export const EXIT = { done: 0, failed: 1, badUsage: 2, interrupted: 130 } as const;

const BAD_USAGE: readonly ErrorCode[] = [
  "unknown-option",
  "invalid-option",
  "contradictory-options",
  "missing-option",
  "unknown-corpus",
];

// Failures whose messages advise on options, and name no file that might be called as an option is.
const ADVICE: readonly ErrorCode[] = [
  "text-too-short",
  "unknown-symbol",
  "no-symbol-left",
  "no-new-text",
  "non-finite-loss",
  "out-of-memory",
];

/** The exit status that an error stands for, and the sentence for stderr, empty when there is nothing to say. */
export function explainFailure(error: unknown): { status: number; sentence: string } {
  if (error instanceof CommanderError) return explainUsage(error);
  if (!(error instanceof MynahError)) {
    return {
      status: EXIT.failed,
      sentence: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
  const { code } = error;
  const message = onOneLine(error.message);
  if (BAD_USAGE.includes(code)) return { status: EXIT.badUsage, sentence: withFlagNames(message) };
  return { status: EXIT.failed, sentence: ADVICE.includes(code) ? withFlagNames(message) : message };
}

/** Commander throws for `--help` and `--version` too; these end well. Its sentence may come with a hint on a second line. */
function explainUsage(error: CommanderError): { status: number; sentence: string } {
  if (error.exitCode === 0) return { status: EXIT.done, sentence: "" };
  if (error.code === "commander.help") return { status: EXIT.badUsage, sentence: "" };
  return { status: EXIT.badUsage, sentence: onOneLine(error.message.replace(/^error: /, "")) };
}

/** A sentence stays one line, whatever the names in it hold. */
function onOneLine(message: string): string {
  return printable(message).replace(/\s*\n\s*/g, " ");
}
