// Every benchmark still runs: with the smallest sizes, and without a word about how fast. Of bench:peers, whose packages are not
// here, the list alone.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { BENCHES } from "../../scripts/bench/main.mjs";
import { root } from "../support/places.js";

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function runFile(file: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(root, "bench", file), ...args]);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  return { code: await ended, output, errors };
}

const jsonLines = (output: string) =>
  output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Its module is built by cargo, with `npm run bench -- kernels`. */
const NEEDS_CARGO = "kernels";

const benches = Object.entries(BENCHES).filter(([name]) => name !== NEEDS_CARGO);

describe("a benchmark of our own", () => {
  it.each(benches)("%s runs", async (name, { file }) => {
    const { code, output, errors } = await runFile(file, "--smoke", "--json");
    expect(errors).toBe("");
    expect(code).toBe(0);
    const rows = jsonLines(output);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row["bench"]).toBe(name);
      const numbers = Object.values(row).filter((value) => typeof value === "number");
      expect(numbers.length).toBeGreaterThanOrEqual(2);
    }
  });

  it("prints a table for people, with its command", async () => {
    const { output, code } = await runFile("memory.mjs", "--smoke");
    expect(code).toBe(0);
    expect(output).toContain("`npm run bench -- memory`");
    expect(output).toMatch(/^\| what \| where \|.*\n\| --- \|.*\n\| LSTM 8 \| 1 worker \| \d+ \|/m);
  });

  it.each(["--smok", "--json=yes"])("refuses the flag %s", async (flag) => {
    const { code, errors, output } = await runFile("training-step.mjs", flag);
    expect(code).toBe(2);
    expect(errors).toContain("--");
    expect(output).toBe("");
  });

  it("has its place in docs/performance.md", () => {
    const document = fs.readFileSync(path.join(root, "docs", "performance.md"), "utf8");
    for (const name of [...benches.map(([bench]) => bench), "peers"]) {
      expect(document).toContain(`<!-- bench:${name} -->`);
      expect(document).toContain(`<!-- /bench:${name} -->`);
    }
  });

  it("is compared with what was recorded", async () => {
    const { code, output } = await runFile("check.mjs", "--check", "--smoke");
    expect(code).toBe(0);
    expect(output).toContain("share of the peak: lstm 256, relaxed");
  });
});

describe("bench:peers", () => {
  it("lists its workloads and everybody in them without their packages", async () => {
    const { code, output, errors } = await runFile("peers/main.mjs", "--smoke");
    expect(errors).toBe("");
    expect(code).toBe(0);
    const workloads = output.split("\n").filter((line) => /^\S/.test(line));
    expect(workloads.map((line) => line.split(":")[0]).join(" ")).toBe(
      "W1 W2-lstm W2-gru W3 W4 S1 S1x64 S2 S2x64",
    );
    for (const peer of ["mynah", "TF.js", "brain.js", "ONNX Runtime Web", "PyTorch", "Keras/TensorFlow"]) {
      expect(output).toContain(`\n  ${peer}, `);
    }
  });

  it("lists only what fits --only, and refuses what it cannot read", async () => {
    const { output } = await runFile("peers/main.mjs", "--list", "--only", "W4: PyTorch");
    expect(output.trim().split("\n").slice(1)).toEqual(["  PyTorch, native", "  PyTorch, native, 2 threads"]);
    expect((await runFile("peers/main.mjs", "--rounds", "none")).code).toBe(2);
  });
});
