import { once } from "node:events";
import { EXIT } from "./exit.js";
import { printable } from "./view/text-layout.js";

/** Writes to stdout. */
export function writeOut(text: string): void {
  process.stdout.write(text);
}

/** Writes to stdout, and waits for a reader that is behind. */
export async function writeOutPaced(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** A terminal obeys control characters, and a model file may come from anybody; everything else gets the text as it is. */
export function forStdout(text: string): string {
  return process.stdout.isTTY ? printable(text) : text;
}

/** Writes one object as one line to stdout. */
export function writeJsonLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes a line for people to stderr; of what a file or an argument put into it, nothing that a terminal would obey. */
export function writeNote(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/**
 * Keeps quiet about output that cannot be written, because its reader left (`mynah … | head`) or its disk is full: Node reports that as
 * an error of the stream, which would end the process with nothing saved. Calls back when stdout is lost, so that work nobody
 * sees can stop; with the exit status, which is no failure where the reader has had enough. The last caller is the one called back.
 */
export function watchForClosedPipes(onStdoutClosed: (status: number) => void): void {
  whenStdoutIsLost = onStdoutClosed;
  if (isWatching) return;
  isWatching = true;
  process.stdout.on("error", loseStdout);
  process.stderr.on("error", () => {});
}

let whenStdoutIsLost: (status: number) => void = () => {};
let [isWatching, isStdoutLost] = [false, false];

function loseStdout(error: NodeJS.ErrnoException): void {
  // Each further line comes to the same.
  if (isStdoutLost) return;
  isStdoutLost = true;
  const hasReaderLeft = error.code === "EPIPE";
  if (!hasReaderLeft) {
    writeNote(`mynah: stdout cannot be written: ${error.message}`);
    // Also of a command that has come to its end meanwhile.
    process.once("exit", () => {
      process.exitCode ||= EXIT.failed;
    });
  }
  whenStdoutIsLost(hasReaderLeft ? EXIT.done : EXIT.failed);
}
