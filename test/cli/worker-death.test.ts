// A worker of a training dies: what was learnt is kept, or the autosave that has it is named.
import { readFile, writeFile } from "node:fs/promises";
import { beforeEach, expect, it } from "vitest";
import { jsonLines, run, small, start, text, useFolder } from "./run.js";

const folder = useFolder();

beforeEach(() => writeFile(folder.file("notes.txt"), text));

const hook = new URL("./kill-worker.mjs", import.meta.url).href;

/** Trains until a worker dies, the first one being that of the model. */
function trainUntilDeath(worker: number, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const all = ["train", "notes.txt", ...small, "--seconds", "600", "--json", ...args];
  const KILL_WORKER = String(worker);
  return run(folder.path, all, undefined, {
    env: { ...process.env, NODE_OPTIONS: `--import ${hook}`, KILL_WORKER, ...env },
  });
}

/** Follows what the notes tell to go on with, up to the first line of progress. Returns the command. */
async function goOn(stderr: string): Promise<string[]> {
  const command = /Go on with: npx mynah (.*)$/m.exec(stderr)?.[1]?.split(" ") ?? [];
  const training = start(folder.path, [...command, "--json"]);
  await training.stdoutLines(1);
  training.process.kill("SIGINT");
  const { status, stderr: said } = await training.outcome;
  expect({ status, said }).toEqual({ status: 130, said: "" });
  return command;
}

it("of another worker than the model's: a checkpoint beside the file asked for, and how to go on with it", async () => {
  const { status, stdout, stderr } = await trainUntilDeath(1, ["--workers", "2"]);
  expect(status, stderr).toBe(1);
  expect(stdout).not.toContain('"done"');
  expect(stderr).toMatch(
    /^The run failed after [\d,]+ steps?\. Saved what it had learnt: notes\.failed\.safetensors \(.* kB, a checkpoint\)\.$/m,
  );
  expect(stderr).toContain("mynah: One of the training's workers died");
  expect(await folder.names()).toEqual(["notes.failed.safetensors", "notes.txt"]);
  const command = await goOn(stderr);
  expect(command).toEqual(
    "train notes.txt --resume notes.failed.safetensors --out notes.safetensors".split(" "),
  );
  expect(await folder.names()).toContain("notes.safetensors");
});

it("of the model's: the autosave is named, and how to go on with it", async () => {
  const file = folder.file("notes.safetensors");
  const { status, stdout, stderr } = await trainUntilDeath(0, ["--autosave", "0.01"], { KILL_AFTER: file });
  expect(status, stderr).toBe(1);
  const saves = jsonLines(stdout).filter(({ type, bytes }) => type === "autosave" && bytes !== undefined);
  expect(saves.at(-1)).toMatchObject({ path: "notes.safetensors", bytes: expect.any(Number) });
  const saved = `The autosave of step ${saves.at(-1)?.["step"]} is good: notes.safetensors.`;
  expect(stderr).toContain(`${saved} Go on with: npx mynah train `);
  expect(stderr).toContain("mynah: The worker died");
  const before = await readFile(file);
  expect(await goOn(stderr)).toEqual("train notes.txt --resume notes.safetensors".split(" "));
  expect((await readFile(file)).equals(before)).toBe(false);
});

it("of the model's, with nothing saved: no file is named", async () => {
  const { status, stderr } = await trainUntilDeath(0, []);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^mynah: The worker died .*\n$/);
  expect(await folder.names()).toEqual(["notes.txt"]);
});
