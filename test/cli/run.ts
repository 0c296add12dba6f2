// The built command line, run as users run it: as a process of its own, in a fresh folder.
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";

/** The command's file. */
export const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** How a command ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly process: ChildProcess;
  /** Everything it says until it ends. */
  readonly outcome: Promise<Outcome>;
  /** Resolves with all of stdout so far once it has so many lines; rejects when the command ends before. */
  stdoutLines(count: number): Promise<string[]>;
}

/** A small model that is trained in a moment. */
export const small = [
  "--hidden-size",
  "16",
  "--embedding-size",
  "8",
  "--batch-size",
  "4",
  "--seq-length",
  "16",
];

/** A text that such a model can learn from. */
export const text = "the cat saw the dog. the dog saw the owl. the owl saw the cat.\n".repeat(30);

/** Gives each test a folder of its own. */
export function useFolder(): {
  readonly path: string;
  names(): Promise<string[]>;
  file(name: string): string;
} {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "mynah-cli-"));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    names: async () => (await readdir(path)).toSorted(),
    file: (name) => join(path, name),
  };
}

/** Starts the command. `stdin` is what it reads; nothing unless given. */
export function start(
  cwd: string,
  args: readonly string[],
  stdin?: string | Uint8Array,
  options: SpawnOptions = {},
): Running {
  const child = spawn(process.execPath, [cli, ...args], { ...options, cwd, stdio: "pipe" });
  // A command that refuses its arguments may be gone before its input is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  const stdoutLines = (count: number) =>
    new Promise<string[]>((resolve, reject) => {
      const look = (): void => {
        const lines = stdout.split("\n").slice(0, -1);
        if (lines.length >= count) resolve(lines);
      };
      listeners.add(look);
      look();
      void outcome.then(({ status }) => reject(new Error(`it ended with ${status} before: ${stderr}`)));
    });
  return { process: child, outcome, stdoutLines };
}

/** Runs the command to its end. */
export function run(
  cwd: string,
  args: readonly string[],
  stdin?: string | Uint8Array,
  options?: SpawnOptions,
): Promise<Outcome> {
  return start(cwd, args, stdin, options).outcome;
}

/** The objects of JSON lines. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
