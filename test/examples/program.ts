// A program of ts/examples for Node, as `npm run example` runs it.
import { spawn, type ChildProcess } from "node:child_process";
import { text } from "node:stream/consumers";
import { programs } from "../../scripts/example/programs.mjs";
import { root } from "../support/places.js";

/** The program as it runs: what it writes, and a promise of its end. */
export interface Running {
  readonly child: ChildProcess & {
    readonly stdout: NodeJS.ReadableStream;
    readonly stderr: NodeJS.ReadableStream;
  };
  /** The exit code; null when a signal has killed it. */
  readonly ended: Promise<number | null>;
}

/** Starts it; whoever does sees to its end. */
export function startExample(name: string, args: readonly string[]): Running {
  const file = programs().find((program) => program.name === name)?.file;
  if (file === undefined) throw new Error(`There is no example ${name}`);
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { child, ended };
}

/** Runs it to its end. */
export async function runExample(
  name: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, ended } = startExample(name, args);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
