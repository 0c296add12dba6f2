// Ctrl-C and readers that leave.
import { readFile, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { jsonLines, run, small, start, text, useFolder } from "./run.js";

const folder = useFolder();

async function startTraining(...args: readonly string[]) {
  await writeFile(folder.file("notes.txt"), text);
  return start(folder.path, ["train", "notes.txt", ...small, "--seconds", "100000", ...args]);
}

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops, saves and ends with 130", async (signal) => {
  const training = await startTraining("--json");
  await training.stdoutLines(1);
  training.process.kill(signal);
  const { status, stdout, stderr } = await training.outcome;
  expect({ status, stderr }).toEqual({ status: 130, stderr: "" });
  const done = jsonLines(stdout).at(-1);
  expect(done).toMatchObject({ type: "done", path: "notes.safetensors", interrupted: true });
  expect(done?.["steps"]).toBeGreaterThan(0);
  expect(done?.["diagnosis"], "what there is to do after it").not.toMatchObject({
    advice: expect.stringMatching(/^(Go on\.|Wait|Stop here)/),
  });
  expect(await folder.names()).toEqual(["notes.safetensors", "notes.txt"]);
  const model = await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
  expect(await model.sampleText({ length: 5 })).toHaveLength(5);
});

it("says so to people", async () => {
  const training = await startTraining();
  await new Promise<void>((resolve) => {
    let said = "";
    training.process.stderr?.on("data", (chunk: string) => {
      said += chunk;
      if (said.includes("step ")) resolve();
    });
  });
  training.process.kill("SIGINT");
  const { status, stdout, stderr } = await training.outcome;
  expect(status).toBe(130);
  expect(stderr).toContain("Stopping; the model is being saved");
  expect(stdout).toMatch(
    /^Stopped after \d.* steps .*\nSaved notes\.safetensors \(.*, a checkpoint\)\.\n(?:.*\n)?Go on with: npx mynah train notes\.txt --resume notes\.safetensors\n/,
  );
});

describe("a finished model of that name", () => {
  const model = "notes.safetensors";
  beforeEach(async () => {
    await writeFile(folder.file("notes.txt"), text);
    await run(folder.path, ["train", "notes.txt", ...small, "--steps", "1"]);
  });

  async function stopAfterFirstLine(...args: readonly string[]) {
    const training = await startTraining("--json", ...args);
    await training.stdoutLines(1);
    training.process.kill("SIGINT");
    return training.outcome;
  }

  it("is kept beside the checkpoint of a run that is stopped, which says so before and after", async () => {
    const before = await readFile(folder.file(model));
    const { status, stdout, stderr } = await stopAfterFirstLine();
    expect({ status, stderr }).toEqual({
      status: 130,
      stderr: `${model} is there already, and will be replaced.\n`,
    });
    const previous = "notes.previous.safetensors";
    expect(jsonLines(stdout).at(-1)).toMatchObject({ path: model, previous, interrupted: true });
    expect((await readFile(folder.file(previous))).equals(before)).toBe(true);
    const resumed = start(folder.path, ["train", "notes.txt", "--resume", model, "--json"]);
    await resumed.stdoutLines(1);
    resumed.process.kill("SIGINT");
    expect(jsonLines((await resumed.outcome).stdout).at(-1)).not.toHaveProperty("previous");
    expect(await folder.names()).toEqual([previous, model, "notes.txt"]);
  });

  it("is not lost to a second such run, either", async () => {
    await stopAfterFirstLine();
    await run(folder.path, ["train", "notes.txt", ...small, "--steps", "2"]);
    const second = await readFile(folder.file(model));
    await stopAfterFirstLine();
    expect((await readFile(folder.file("notes.previous-2.safetensors"))).equals(second)).toBe(true);
  });

  it("is no obstacle to a run that ends, whatever it has saved meanwhile", async () => {
    const args = [...small, "--seconds", "1", "--autosave", "0.1"];
    expect(await run(folder.path, ["train", "notes.txt", ...args])).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^notes.safetensors is there already, and will be replaced\.\n/),
    });
    expect(await folder.names()).toEqual([model, "notes.txt"]);
  });

  it("may be what the run has begun with", async () => {
    const args = `train notes.txt --from ${model} --out ${model} --steps 1 --batch-size 4 --seq-length 16`;
    const { stdout, stderr } = await run(folder.path, args.split(" "));
    expect(stdout).toContain("replacing the file of that name");
    expect(stderr).not.toContain("is there already");
  });
});

it("the same SIGTERM twice, as timeout(1) sends it, is one wish: the model is saved", async () => {
  const training = await startTraining("--json");
  await training.stdoutLines(1);
  training.process.kill("SIGTERM");
  training.process.kill("SIGTERM");
  expect((await training.outcome).status).toBe(130);
  await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
});

it("a second one ends at once, and leaves nothing half-written", async () => {
  const training = await startTraining("--json");
  await training.stdoutLines(1);
  training.process.kill("SIGINT");
  training.process.kill("SIGINT");
  const { status } = await training.outcome;
  expect(status).toBe(130);
  const names = await folder.names();
  expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  if (names.includes("notes.safetensors")) {
    await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
  }
});

it("tells all steps that are in the file, and loses none of a run that was in its first validation", async () => {
  await writeFile(folder.file("long.txt"), text.repeat(2000));
  const training = start(folder.path, ["train", "long.txt", ...small, "--steps", "1", "--validation", "0.9"]);
  await new Promise<void>((resolve) => training.process.stderr?.once("data", () => resolve()));
  // The step is done in a moment, and the reading of the rest takes long.
  await new Promise((resolve) => setTimeout(resolve, 700));
  training.process.kill("SIGINT");
  const { status, stdout } = await training.outcome;
  expect({ status, stdout }).toMatchObject({
    status: 130,
    stdout: expect.stringMatching(/^Stopped after 1 step /),
  });
  expect(await folder.names()).toContain("long.safetensors");
});

it("a reader that leaves stops the training, which is saved", async () => {
  const training = await startTraining("--json");
  await training.stdoutLines(1);
  training.process.stdout?.destroy();
  const { status, stderr } = await training.outcome;
  expect({ status, stderr }).toEqual({ status: 130, stderr: "" });
  expect(await folder.names()).toContain("notes.safetensors");
});

it("a reader that leaves ends the writing quietly", async () => {
  await writeFile(folder.file("notes.txt"), text);
  await run(folder.path, ["train", "notes.txt", ...small, "--steps", "1"]);
  const writing = start(folder.path, ["sample", "notes.safetensors", "--length", "1000000000"]);
  writing.process.stdout?.once("data", () => writing.process.stdout?.destroy());
  expect(await writing.outcome).toMatchObject({ status: 0, stderr: "" });
});
