// Every way to call the command wrongly: exit status 2, one sentence on stderr, nothing on stdout, nothing written.
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { run, text, useFolder } from "./run.js";

const folder = useFolder();

const cases: readonly (readonly [args: string, ...words: string[]])[] = [
  ["trian notes.txt", "trian", "Did you mean train?"],
  ["train", "file", "--corpus", "fables"],
  ["train notes.txt more.txt", "too many arguments"],
  ["train notes.txt --corpus fables", "notes.txt", "--corpus", "exclude"],
  ["train --corpus fabels", "fabels", "fables"],
  ["train notes.txt --hiden-size 8", "--hiden-size", "Did you mean --hidden-size?"],
  ["train notes.txt --temperature 1", "--temperature"],
  ["train notes.txt --hidden-size", "--hidden-size", "missing"],
  ["train notes.txt --hidden-size eight", "--hidden-size", "eight", "whole number"],
  ["train notes.txt --hidden-size 0", "--hidden-size", "0"],
  ["train notes.txt --hidden-size 100000", "--hidden-size", "100000"],
  ["train notes.txt --num-layers -1", "--num-layers", "-1"],
  ["train notes.txt --hidden-size 512,0", "--hidden-size", "512,0", "list"],
  ["train notes.txt --autosave 0", "--autosave", "above 0"],
  ["train notes.txt --resume model --hidden-size 8", "--hidden-size", "--resume", "exclude"],
  ["train notes.txt --resume model --steps 8", "--steps", "--resume", "exclude"],
  ["train notes.txt --optimizer adam --weight-decay 0.1", "--weight-decay"],
  ["train notes.txt --condition-size 3", "--condition-size"],
  ["gradients", "file", "--corpus"],
  ["gradients notes.txt --cells rnn,gpt", "--cells", "rnn,gpt", "min-gru"],
  ["gradients notes.txt --cells transformer", "--cells", "Allowed are rnn, gru, lstm, min-gru, min-lstm."],
  ["gradients notes.txt --cell rnn", "--cell"],
  ["train notes.txt --seed 1.5", "--seed", "1.5"],
  ["train notes.txt --cell gpt", "--cell", "gpt", "rnn, gru, lstm"],
  ["train notes.txt --cell lstm --activation relu", "--activation", "rnn"],
  ["train notes.txt --cell rnn --no-reset-after", "--reset-after", "gru"],
  ["train notes.txt --cell transformer --zoneout 0.1", "--zoneout goes with recurrent cells only"],
  ["train notes.txt --cell transformer --hidden-size 6", "--num-heads is 4 (the default)"],
  ["train notes.txt --learning-rate 0", "--learning-rate", "0"],
  ["train notes.txt --learning-rate fast", "--learning-rate", "fast"],
  ["train notes.txt --steps 0", "--steps", "0"],
  ["train notes.txt --steps 5 --epochs 2", "steps", "epochs", "exclude"],
  ["train notes.txt --seconds -5", "--seconds", "-5"],
  ["train notes.txt --validation 1.5", "--validation", "1.5"],
  ["train notes.txt --evaluate-every 0", "--evaluate-every", "0"],
  ["train notes.txt --build fastest", "--build", "fastest", "simd128"],
  ["train notes.txt --out notes.txt", "notes.txt", "overwrite"],
  ["train -", "stdin", "--out"],
  ["train - --from - --out m", "the text and --from", "stdin"],
  ["train - --resume - --out m", "the text and --resume", "stdin"],
  ["sample - --not-in-corpus -", "the model and --not-in-corpus", "stdin"],
  ["eval - -", "the model and the text", "stdin"],
  ["score - -", "the model and the text", "stdin"],
  ["suggest - -", "the model and the text", "stdin"],
  ["fill - -", "the model and the text", "stdin"],
  ["sample", "missing", "model"],
  ["sample model --prompts x", "--prompts", "--prompt"],
  ["train notes.txt --batch-size 65537", "--batch-size", "from 1 to 65536"],
  ["sample model --activation elu", "--activation", "elu", "tanh, relu"],
  ["sample model --length many", "--length", "many"],
  ["sample model --top-k 1.5", "--top-k", "1.5", "whole number"],
  ["sample model --top-p high", "--top-p", "high", "finite number"],
  ["sample model --min-p", "--min-p", "missing"],
  ["sample model --repeat-last-n 0", "--repeat-last-n", "from 1 to 65535"],
  ["sample model --no-repeat-ngram -1", "--no-repeat-ngram", "-1"],
  ["sample model --min-length few", "--min-length", "few"],
  ["sample model --logit-bias e=2", "--logit-bias", "e=2", '{"e":-2}'],
  ['sample model --logit-bias {"":2}', "--logit-bias", "a number for each symbol"],
  ["sample model --logit-bias 3", "--logit-bias", "JSON"],
  ["sample model --stop", "--stop", "missing"],
  ["sample model --unknown skip", "--unknown", "skip", "bytes, error"],
  ["fill", "missing", "model"],
  ["fill model", "missing", "text"],
  ["fill model th_ --sweeps 10001", "--sweeps", "from 0 to 10000"],
  ["fill model th_ --unknown skip", "--unknown", "skip", "bytes, error"],
  ["eval", "missing", "model"],
  ["eval model", "file", "--corpus"],
  ["eval model notes.txt --corpus fables", "exclude"],
  ["eval model notes.txt --streams 0", "--streams", "0"],
  ["score model", "missing", "file"],
  ["score model notes.txt --alternatives 1001", "--alternatives", "from 0 to 1000"],
  ["suggest model", "missing", "text"],
  ["suggest model the --n 0", "--n", "from 1 to 100"],
  ["suggest model the --unit line", "--unit", "symbol, word"],
  ["overlap", "missing", "sample"],
  ["overlap notes.txt", "file", "--corpus"],
  ["overlap notes.txt notes.txt --min-length 0", "--min-length", "1"],
  ["inspect", "missing", "model"],
  ["help trian", "unknown command 'trian'", "Did you mean train?"],
  ["help xyzzy", "unknown command 'xyzzy'"],
  ["preview notes.txt", "--normalization", "--case-folding"],
  ["completion", "missing", "bash|zsh|fish"],
  ["completion tcsh", "tcsh", "bash, zsh, fish"],
  ["completion bash zsh", "too many arguments"],
  ["manual --json", "--json"],
  ["inspect model --verbose", "--verbose"],
];

describe("bad usage", () => {
  it.each(cases)("mynah %s", async (args, ...words) => {
    await writeFile(folder.file("notes.txt"), text);
    const { status, stdout, stderr } = await run(folder.path, args.split(" "));
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: "" });
    const said = stderr.trimEnd().split("\n");
    const sentence = said.at(-1) ?? "";
    expect(said.length, "a header at most comes before it").toBeLessThanOrEqual(2);
    expect(sentence).toMatch(/^mynah: \S/);
    for (const word of words) expect(sentence).toContain(word);
    expect(await folder.names()).toEqual(["notes.txt"]);
  });

  it("is the same with --json", async () => {
    const { status, stdout, stderr } = await run(folder.path, [
      "train",
      "--corpus",
      "fables",
      "--learning-rate",
      "0",
      "--json",
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^mynah: --learning-rate .*\n$/);
  });

  it("a command without anything shows the help", async () => {
    const { status, stderr } = await run(folder.path, []);
    expect(status).toBe(2);
    expect(stderr).toContain("Usage: mynah");
  });
});

describe("help", () => {
  it.each([
    "--help",
    "train --help",
    "help train",
    "sample --help",
    "fill --help",
    "eval --help",
    "score --help",
    "suggest --help",
    "overlap --help",
    "inspect --help",
    "gradients --help",
    "completion --help",
    "manual --help",
    "--version",
    "-v",
    "help",
    "help help",
  ])("mynah %s ends well", async (args) => {
    const { status, stdout, stderr } = await run(folder.path, args.split(" "));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^-+v/.test(args) ? /^\d+\.\d+\.\d+\n$/ : /^Usage: mynah/);
  });

  it("tells what is likely to come next from advice for a training", async () => {
    const { stdout } = await run(folder.path, ["suggest", "--help"]);
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /likely to come next.*Advice for a training.*train --preset.*suggest\(\)/,
    );
  });

  it("says what a switch turns on or off, and what a sample leaves out", async () => {
    const help = async (command: string) =>
      (await run(folder.path, [command, "--help"])).stdout.replace(/\s+/g, " ");
    const train = await help("train");
    expect(train).toContain("--no-reset-after reset gate before the matrix product, of a gru cell");
    expect(train).toContain("--no-keep-best end with the last weights, not with");
    expect(train).toContain("--no-tie-weights the output has weights of its own");
    expect(train).toContain("--sample-prompt <text> what these samples go on from");
    expect(await help("sample")).toContain("one JSON object per text on stdout, without the prompt");
  });

  it("names the defaults", async () => {
    const { stdout } = await run(folder.path, ["train", "--help"]);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "--hidden-size <n> units per layer; 512,256 gives each layer its own (default: by the preset and the text)",
    );
  });

  it("fits on a screen for whoever looks for the first thing to try", async () => {
    const { stdout } = await run(folder.path, ["train", "--help"]);
    const lines = stdout.split("\n");
    for (const first of ["--epochs", "--cell", "--hidden-size", "--learning-rate"]) {
      expect(lines.findIndex((line) => line.includes(first))).toBeLessThan(50);
    }
  });
});
