// What a process that is killed while it writes leaves behind, and what becomes of it.
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { OutputFile } from "../../../ts/src/files/output-file.js";
import { useFolder } from "../run.js";

const folder = useFolder();

const bytes = new TextEncoder().encode("a checkpoint");

/** The number of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ["--eval", ""]).pid;

/** Half a file, as the process of this number leaves it when it is killed while it writes to a path. Returns its name. */
async function leave(path: string, pid: number): Promise<string> {
  const output = await OutputFile.check(path);
  // A folder in its place makes the last step fail, and that error names the temporary file.
  await mkdir(path);
  const error: unknown = await output.write(bytes).catch((thrown: unknown) => thrown);
  await rmdir(path);
  const temporary = (error as { cause: { path: string } }).cause.path;
  const left = temporary.replace(`-${process.pid}-`, `-${pid}-`);
  await writeFile(left, bytes.subarray(0, 5));
  return basename(left);
}

it("what killed processes have left of a file goes when it is written again, and nothing else", async () => {
  const notes = folder.file("notes.safetensors");
  const left = [await leave(notes, deadPid()), await leave(notes, deadPid())];
  const ofAnother = await leave(folder.file("others.safetensors"), deadPid());
  const ofRunning = await leave(notes, process.pid);
  await writeFile(folder.file(".mynah-1-1.tmp"), "somebody's");
  expect(new Set([...left, ofAnother, ofRunning]).size).toBe(4);

  const output = await OutputFile.check(notes);
  expect(await folder.names()).toEqual([".mynah-1-1.tmp", ofAnother, ofRunning].toSorted());
  await output.write(bytes);
  expect(new Uint8Array(await readFile(notes))).toEqual(bytes);
});
