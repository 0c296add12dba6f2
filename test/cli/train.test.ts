import { lstat, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { jsonLines, run, small, text, useFolder } from "./run.js";

const folder = useFolder();
const train = (args: readonly string[], stdin?: string | Uint8Array) =>
  run(folder.path, ["train", ...small, ...args], stdin);

describe("mynah train", () => {
  it("learns a file and saves the model beside it, under its name", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const { status, stdout, stderr } = await train(["notes.txt", "--steps", "30"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^Training on notes\.txt, 1,890 symbols · lstm, 16 units, .* parameters.*\(loss: lower is better\)\n/,
    );
    expect(stderr).toMatch(/step 30\/30 \(100 %\) {3}loss \d\.\d{3} {3}held out \d\.\d{3}/);
    expect(stdout).toMatch(/^Trained for 30 steps in .*\nSaved notes\.safetensors \(.*\)\.\n/);
    expect(stdout).toContain("npx mynah sample notes.safetensors --prompt 'the cat '");
    expect(stdout, "a loss on the text it has learnt would flatter").not.toContain("mynah eval");
    expect(await folder.names()).toEqual(["notes.safetensors", "notes.txt"]);
    const model = await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
    expect(model.info).toMatchObject({ cell: "lstm", hiddenSize: 16 });
  });

  it("shares the work among --workers, and comes to the same bytes again", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const files = await Promise.all(
      ["2", "2", "1"].map(async (workers, k) => {
        const out = `${k}.safetensors`;
        const args = ["--steps", "20", "--build", "simd128", "--workers", workers, "--out", out];
        expect((await train(["notes.txt", ...args])).status).toBe(0);
        return readFile(folder.file(out));
      }),
    );
    expect(files[1]).toEqual(files[0]);
    expect(files[2], "summed in another order").not.toEqual(files[0]);
  });

  it("gives JSON lines, and nothing else, with --json", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const { status, stdout, stderr } = await train([
      "notes.txt",
      "--steps",
      "20",
      "--evaluate-every",
      "5",
      "--json",
    ]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    const lines = jsonLines(stdout);
    const number = expect.any(Number);
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatchObject({ type: "progress", step: number, epoch: number, loss: number });
      expect(line).toMatchObject({ tokensPerSecond: number, learningRate: number });
      expect(line).toMatchObject({ bitsPerByte: number, accuracy: number, totalSteps: 20 });
      expect(line).toMatchObject({ gradientNorm: number, elapsedSeconds: number, remainingSeconds: number });
    }
    const validated = lines.filter(
      ({ type, validationLoss }) => type === "progress" && validationLoss !== undefined,
    );
    expect(validated.map(({ step }) => step)).toEqual([5, 10, 15, 20]);
    for (const line of validated) {
      expect(line).toMatchObject({ validationBitsPerByte: number, validationAccuracy: number });
    }
    const done = lines.at(-1);
    expect(done).toEqual({
      type: "done",
      path: "notes.safetensors",
      loss: number,
      validationLoss: validated.at(-1)?.["validationLoss"],
      steps: 20,
      seconds: number,
      diagnosis: {
        kind: "learning",
        message: expect.stringContaining("was still falling"),
        advice: "More passes would help: more --epochs, --steps or --seconds.",
      },
    });
  });

  it("shows what the model writes by now, and says at the end how it went", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const shown = ["notes.txt", "--steps", "30", "--sample-every", "100", "--sample-prompt", "the owl"];
    const { stdout, stderr } = await train(shown);
    // The one of the first step told.
    expect(stderr).toMatch(/\nstep .*\n {2}│ \S/);
    expect(stdout).toContain("\nThe loss was still falling");
    const json = await train([...shown, "--json"]);
    const samples = jsonLines(json.stdout).flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
    expect(samples).toEqual([expect.any(String)]);
  });

  it("shows none of a model that cannot write, and reads a prompt as far as the model can", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const shown = ["notes.txt", "--steps", "3", "--sample-every", "100", "--sample-prompt", "€"];
    expect((await train(shown)).stderr).toContain("│");
    const { status, stderr } = await train([...shown, "--bidirectional"]);
    expect({ status, isShown: stderr.includes("│") }).toEqual({ status: 0, isShown: false });
  });

  it("works a share of the time", async () => {
    const { status } = await train(["-", "--steps", "30", "--duty-cycle", "0.5", "--out", "x"], text);
    expect(status).toBe(0);
    const refused = await train(["-", "--steps", "3", "--duty-cycle", "0.01", "--out", "y"], text);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("It must be a number from 0.05 to 1.");
  });

  it("says no validation loss when nothing was held out", async () => {
    const { stdout } = await train(["-", "--steps", "2", "--validation", "0", "--out", "x", "--json"], text);
    expect(stdout).not.toContain("validationLoss");
  });

  it("gives the model and the run of the library's --preset, another one for each", async () => {
    // Long enough for each preset to choose a size of its own.
    const long = text.repeat(600);
    await writeFile(folder.file("notes.txt"), long);
    const trainWith = async (preset: "quick" | "balanced") => {
      const args = [
        "notes.txt",
        "--preset",
        preset,
        "--steps",
        "1",
        "--validation",
        "0",
        "--build",
        "simd128",
      ];
      const { status, stderr } = await run(folder.path, ["train", ...args, "--seed", "5", "--workers", "1"]);
      expect(status, stderr).toBe(0);
      return readFile(folder.file("notes.safetensors"));
    };
    const learnt = async (preset: "quick" | "balanced") => {
      const options = { text: long, preset, seed: 5 } as const;
      await using model = await TextModel.create({ ...options, worker: false, build: "simd128" });
      await model.train({ ...options, steps: 1, validation: 0, workers: 1 });
      return { file: Buffer.from(await model.save()), hiddenSize: model.info.hiddenSize };
    };
    const [quick, balanced] = [await learnt("quick"), await learnt("balanced")];
    expect(balanced.hiddenSize).toBeGreaterThan(Number(quick.hiddenSize));
    expect((await trainWith("quick")).equals(quick.file)).toBe(true);
    expect((await trainWith("balanced")).equals(balanced.file)).toBe(true);
  });

  it("reads stdin", async () => {
    const { status } = await train(["-", "--steps", "2", "--out", "x.safetensors"], text);
    expect(status).toBe(0);
    expect(await folder.names()).toEqual(["x.safetensors"]);
  });

  it("learns a corpus by its name", async () => {
    const { status } = await train(["--corpus", "dinosaurs", "--steps", "2"]);
    expect(status).toBe(0);
    expect(await folder.names()).toEqual(["dinosaurs.safetensors"]);
  });

  it("drops a byte order mark", async () => {
    await writeFile(folder.file("bom.txt"), `\uFEFF${text}`);
    await train(["bom.txt", "--steps", "1"]);
    const model = await TextModel.load(await readFile(folder.file("bom.safetensors")), { worker: false });
    expect(model.info.symbols).not.toContain("\uFEFF");
    await writeFile(folder.file("boms.txt"), `\uFEFF\uFEFF${text}`);
    await train(["boms.txt", "--steps", "1"]);
    const other = await TextModel.load(await readFile(folder.file("boms.safetensors")), { worker: false });
    expect(other.info.symbols, "the second is a symbol, as in the library").toContain("\uFEFF");
  });

  it("gives the same bytes for the same seed", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const options = ["notes.txt", "--steps", "10", "--seed", "5", "--build", "simd128", "--out"];
    await Promise.all([train([...options, "one"]), train([...options, "two"])]);
    const [one, two] = await Promise.all(["one", "two"].map((name) => readFile(folder.file(name))));
    expect(one).toEqual(two);
    const model = await TextModel.create({
      text,
      hiddenSize: 16,
      embeddingSize: 8,
      seed: 5,
      build: "simd128",
    });
    await model.train({ text, batchSize: 4, seqLength: 16, steps: 10, seed: 5 });
    expect(Buffer.from(await model.save()), "as the library does").toEqual(one);
    await model.dispose();
  });

  it("replaces an older model, with its permissions", async () => {
    await writeFile(folder.file("notes.txt"), text);
    await writeFile(folder.file("notes.safetensors"), "old", { mode: 0o600 });
    expect(await train(["notes.txt", "--steps", "1"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^Trained for 1 step in .*\nSaved notes\.safetensors \(.*\), replacing the file of that name\.\n/,
      ),
    });
    const { size, mode } = await stat(folder.file("notes.safetensors"));
    expect(size).toBeGreaterThan(1000);
    if (process.platform !== "win32") expect(mode & 0o777).toBe(0o600);
  });

  it("follows a symbolic link, and leaves it one", async () => {
    await writeFile(folder.file("target"), "old");
    await symlink("target", folder.file("link"));
    expect(await train(["-", "--steps", "1", "--out", "link"], text)).toMatchObject({ status: 0 });
    expect((await lstat(folder.file("link"))).isSymbolicLink()).toBe(true);
    expect((await stat(folder.file("target"))).size).toBeGreaterThan(1000);
  });

  it("learns each line by itself with --documents, and shows some of its own", async () => {
    await writeFile(folder.file("names.txt"), "anna\nbella\n\ncora\r\n".repeat(20));
    const { status, stdout, stderr } = await train(["names.txt", "--documents", "lines", "--epochs", "20"]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const page = stdout.split("\n\n")[1] ?? "";
    expect(page.split("\n").length).toBeGreaterThan(5);
    const model = await TextModel.load(await readFile(folder.file("names.safetensors")), { worker: false });
    expect(model.info.hasBoundary).toBe(true);
    expect([...model.info.symbols].toSorted().join("")).toBe("abcelnor");
    const evaluated = await run(folder.path, [
      "eval",
      "names.safetensors",
      "names.txt",
      "--documents",
      "--json",
    ]);
    // Each name and its end.
    expect(jsonLines(evaluated.stdout)).toMatchObject([{ tokens: 20 * (5 + 6 + 5) }]);
  });

  it("says that a file goes before --documents", async () => {
    expect(await train(["--documents", "names.txt"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/--documents \[lines\].*'names.txt'.*a file goes before it/),
    });
  });

  it("takes the flags of every option", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const flags = `--cell lstm --hidden-size 12,8 --seed 3 --learning-rate 0.01 --steps 3 --schedule step --warmup-steps 1
      --decay-factor 0.3 --decay-every 0.1 --optimizer adamw --weight-decay 0.1 --clip-norm 2 --clip-value 1 --beta1 0.8 --beta2 0.9
      --epsilon 1e-7 --dropout 0.1 --weight-drop 0.1 --average-decay 0.9 --validation 0.2 --evaluate-every 2 --no-keep-best
      --layer-norm --zoneout 0.1 --zoneout-cell 0.1 --train-initial-state --initialization uniform --no-tie-weights
      --projection-size 4 --autosave 0.001 --build simd128`;
    const { status, stderr } = await train(["notes.txt", ...flags.split(/\s+/)]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const model = await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
    expect(model.info).toMatchObject({
      cell: "lstm",
      hiddenSize: [12, 8],
      layerNorm: true,
      projectionSize: 4,
    });
  });

  it.each([
    "rnn",
    "gru",
    "gru --no-reset-after",
    "lstm",
    "min-gru",
    "min-lstm",
    "transformer",
    "min-gru --block",
    "lstm --block --num-layers 2",
  ])("trains and writes with --cell %s", async (cell) => {
    await writeFile(folder.file("notes.txt"), text);
    const args = `--hidden-size 16 --batch-size 4 --seq-length 16 --steps 5 --cell ${cell}`.split(" ");
    expect(await run(folder.path, ["train", "notes.txt", ...args])).toMatchObject({ status: 0 });
    const written = await run(folder.path, ["sample", "notes.safetensors", "--length", "30", "--json"]);
    expect(jsonLines(written.stdout)).toMatchObject([{ tokens: 30 }]);
  });

  it("trains a model that reads from both ends, which cannot write", async () => {
    await writeFile(folder.file("notes.txt"), text);
    const { status, stdout } = await train(["notes.txt", "--bidirectional", "--steps", "2"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /\nSaved notes\.safetensors \(.*\)\.\nThere is too little to see .*\n\nTry next:\n +npx mynah fill notes\.safetensors /,
    );
    const written = await run(folder.path, ["sample", "notes.safetensors"]);
    expect(written).toMatchObject({ status: 2, stdout: "" });
    expect(await run(folder.path, ["eval", "notes.safetensors", "notes.txt"])).toMatchObject({ status: 0 });
  });

  it("takes the flags of a gru's two forms", async () => {
    for (const [flag, resetAfter] of [
      ["--reset-after", true],
      ["--no-reset-after", false],
    ] as const) {
      await train(["-", "--steps", "1", "--out", "x", "--cell", "gru", flag], text);
      const model = await TextModel.load(await readFile(folder.file("x")), { worker: false });
      expect(model.info.resetAfter).toBe(resetAfter);
    }
  });

  describe("when the loss is no longer a number", () => {
    const diverge = async (...flags: readonly string[]) => {
      await writeFile(folder.file("notes.txt"), text);
      const steep =
        "--steps 300 --cell rnn --activation relu --seq-length 64 --warmup-steps 0 --learning-rate 10 --clip-norm 0";
      return train(["notes.txt", ...steep.split(" "), ...flags]);
    };

    it("saves what there is beside the file, says what to try, and fails", async () => {
      await writeFile(folder.file("notes.safetensors"), "a good model");
      const { status, stdout, stderr } = await diverge();
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      const [note, sentence] = stderr.trimEnd().split("\n").slice(-2);
      expect(note).toMatch(
        /^The run failed after \d+ steps?\. Saved .*: notes\.failed\.safetensors \(.*\)\.$/,
      );
      expect(sentence).toMatch(/^mynah: .* not finite.* --learning-rate\b/);
      expect(await folder.names()).toEqual(["notes.failed.safetensors", "notes.safetensors", "notes.txt"]);
      expect(await readFile(folder.file("notes.safetensors"), "utf8")).toBe("a good model");
      const saved = await readFile(folder.file("notes.failed.safetensors"));
      const model = await TextModel.load(saved, { worker: false });
      expect(model.info).toMatchObject({ cell: "rnn", hiddenSize: 16 });
    });

    it("says so on stderr with --json", async () => {
      const { status, stdout, stderr } = await diverge("--json", "--out", "x");
      expect(status).toBe(1);
      expect(jsonLines(stdout).filter(({ type }) => type !== "progress")).toEqual([]);
      expect(stderr).toMatch(
        /^The steps are too large: .*\nThe run failed after .*: x\.failed\.safetensors .*\nmynah: .*\n$/,
      );
      expect(await folder.names()).toEqual(["notes.txt", "x.failed.safetensors"]);
    });

    it("takes the place of nothing that has the name already", async () => {
      await mkdir(folder.file("x.failed.safetensors"));
      const { status, stderr } = await diverge("--json", "--out", "x.safetensors");
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^The steps are too large: .*\nThe run failed .*: x\.failed-2\.safetensors .*\nmynah: .* finite.*\n$/,
      );
      await TextModel.load(await readFile(folder.file("x.failed-2.safetensors")), { worker: false });
    });
  });
});
