// What the benchmarks make of their figures: ratios, bars, the guard, the document, the plot; and what becomes of a process that fails.
import { describe, expect, it } from "vitest";
import { withSection } from "../../bench/lib/document.mjs";
import { compare, ratiosOf } from "../../bench/lib/recorded.mjs";
import { textOf } from "../../bench/lib/text.mjs";
import { judge, ratioOf } from "../../bench/peers/bars.mjs";
import { plot } from "../../bench/peers/plot.mjs";
import { report } from "../../bench/peers/report.mjs";
import { rowsOf } from "../../bench/peers/rows.mjs";
import { Session } from "../../bench/peers/session.mjs";
import { generator } from "../../bench/lib/random.mjs";
import { draw, windowsOf } from "../../bench/peers/subjects/data.mjs";
import { workloads } from "../../bench/peers/workloads.mjs";

/** Results of a whole run: mynah is twice as fast as each peer in the first rounds, and half as fast in the others. */
function results() {
  return workloads.flatMap((workload) =>
    rowsOf(workload).map((row) => ({
      ...row,
      workload: workload.name,
      versions: "1.2.3",
      speeds: row.peer === "mynah" ? [200, 300, 100, 60] : [100, 150, 200, 30],
      peakMemory: 2 ** 20,
    })),
  );
}

const named = (name: string, speeds: number[]) => ({
  ...rowOf(results(), "W1", "PyTorch, native"),
  name,
  speeds,
});

function rowOf(run: ReturnType<typeof results>, workload: string, name: string) {
  const row = run.find((each) => each.workload === workload && each.name === name);
  if (row === undefined) throw new Error(`no row ${name} in ${workload}`);
  return row;
}

describe("the comparison with peers", () => {
  it("takes the median of the ratios within a round, not the ratio of medians", () => {
    const [ours, theirs] = [named("a", [100, 10, 1000]), named("b", [50, 20, 100])];
    expect(ratioOf(ours, theirs)).toBe(2);
  });

  it("leaves out the rounds that the other did not live to see", () => {
    expect(ratioOf(named("a", [100, 200, 800]), named("b", [50]))).toBe(2);
  });

  it("judges every bar of the issue, by the fastest row of each side", () => {
    const run = results();
    const judged = judge(run);
    // 4 PyTorch, 3 + 4 Keras, 5 TF.js, 3 brain.js, 3 S1, 2 S2, 1 S1x64.
    expect(judged).toHaveLength(25);
    expect(judged.every(({ ratio }) => ratio === 2)).toBe(true);
    expect(judged.filter(({ met }) => met).map(({ least }) => least)).toEqual(
      judged.map(({ least }) => least).filter((least) => least <= 2),
    );
    rowOf(run, "W1", "TF.js, cpu, Node").speeds = [1000, 1000, 1000, 1000];
    const bar = judge(run).find(({ workload, what }) => workload === "W1" && what.includes("TF.js"));
    expect(bar).toMatchObject({ peer: "TF.js, cpu, Node", met: false });
  });

  it("leaves out a bar with a side that was not measured, and the table says why", () => {
    const run = results().map((row) =>
      row.peer === "PyTorch" ? { ...row, speeds: [], problem: "it is not installed" } : row,
    );
    expect(judge(run).some(({ peer }) => peer.includes("PyTorch"))).toBe(false);
    expect(report(run, "here and now")).toContain(
      "- Not measured: PyTorch, native; PyTorch, native, 2 threads (it is not installed).",
    );
  });

  it("shows each workload and each peer in the plot, as well-formed SVG", () => {
    const svg = plot(results());
    for (const { name } of workloads) expect(svg).toContain(`>${name}: `);
    expect(svg).toContain("prefers-color-scheme: dark");
    const opened = svg.match(/<(?:svg|text|title|style)\b/g)?.length;
    expect(svg.match(/<\/(?:svg|text|title|style)>/g)).toHaveLength(opened ?? NaN);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("a measured process", () => {
  const session = (program: string) => new Session([process.execPath, "-e", program], 1);

  it("is warmed up, asked and ended", async () => {
    const measured = session(`
      console.log('{"ready":"version 1"}');
      require("node:readline").createInterface({ input: process.stdin })
        .on("line", (line) => console.log(JSON.stringify({ steps: 1, symbols: Number(line) * 10, seconds: 2 })))
        .on("close", () => console.log('{"peakMemory":123}'));`);
    expect(await measured.ready()).toBe("version 1");
    expect(await measured.measure(7)).toEqual({ steps: 1, symbols: 70, seconds: 2 });
    expect(await measured.end()).toBe(123);
  });

  it("that fails says why", async () => {
    await expect(session(`console.log('{"failed":"no such kernel"}')`).ready()).rejects.toThrow(
      "no such kernel",
    );
  });

  it("that dies leaves its last words", async () => {
    const dying = session(`console.error("out of luck"); setTimeout(() => process.exit(3), 50)`);
    await expect(dying.ready()).rejects.toThrow("out of luck");
    expect(await dying.end()).toBeUndefined();
  });

  it("that is no program says so", async () => {
    await expect(new Session(["/no/such/program"], 1).ready()).rejects.toThrow("ENOENT");
  });
});

describe("what the peers are given", () => {
  it("targets are one symbol further than inputs, within the first 90 %", () => {
    const ids = Int32Array.from({ length: 1000 }, (_, i) => i);
    const next = windowsOf(ids, { batchSize: 3, seqLength: 5 });
    for (let i = 0; i < 200; i++) {
      const { inputs, targets } = next();
      expect(inputs).toHaveLength(15);
      expect([...targets]).toEqual([...inputs].map((id) => id + 1));
      expect(Math.max(...targets)).toBeLessThan(900);
    }
  });

  it("symbols are drawn from the softmax at temperature 0.8, row by row", () => {
    const random = generator();
    const drawn = new Int32Array(2);
    let ones = 0;
    const total = 20_000;
    for (let i = 0; i < total; i++) {
      draw(Float32Array.of(0, 1, 50, 0), 2, random, drawn);
      expect(drawn[1]).toBe(0);
      ones += drawn[0] ?? NaN;
    }
    const wanted = Math.exp(1 / 0.8) / (1 + Math.exp(1 / 0.8));
    // Four standard deviations of a share of so many draws.
    expect(Math.abs(ones / total - wanted)).toBeLessThan(4 * Math.sqrt((wanted * (1 - wanted)) / total));
  });

  it.each([
    [5000, 65],
    [9000, 8000],
  ])("a text of %i symbols with %i different ones", (symbols, vocabularySize) => {
    const text = textOf(symbols, vocabularySize);
    expect([...text]).toHaveLength(symbols);
    expect(new Set(text).size).toBe(vocabularySize);
  });
});

describe("the guard", () => {
  const recorded = {
    "share of the peak: lstm 256, relaxed": 0.8,
    "inside WebAssembly, Node: lstm 256, relaxed": 0.99,
  };

  it.each([
    { share: 0.75, inside: 0.985, worse: [] },
    { share: 0.74, inside: 0.99, worse: [0] },
    { share: 0.9, inside: 0.97, worse: [1] },
    { share: undefined, inside: 1, worse: [0] },
  ])("share $share and inside $inside: worse are $worse", ({ share, inside, worse }) => {
    const names = Object.keys(recorded);
    const now = Object.fromEntries(
      [
        [names[0], share],
        [names[1], inside],
      ].filter(([, value]) => value !== undefined),
    );
    expect(compare(recorded, now).worse).toEqual(worse.map((index) => names[index]));
  });

  it("names ratios after benchmark, model and build, and leaves out what is none", () => {
    const row = { bench: "step", cell: "gru", hiddenSize: 256, resetAfter: false, build: "simd128" };
    expect(ratiosOf([{ ...row, share: 0.78125 }])).toEqual({
      "share of the peak: gru 256 reset before, simd128": 0.7813,
    });
    // As it comes out of JSON for blocks, whose operations are not counted.
    expect(ratiosOf([{ ...row, share: null }])).toEqual({});
  });
});

describe("the document", () => {
  const document = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n";

  it("gets a table between its marks, again and again", () => {
    const once = withSection(document, "x", "| new |\n");
    expect(once).toBe("a\n<!-- bench:x -->\n\n| new |\n\n<!-- /bench:x -->\nb\n");
    expect(withSection(once, "x", "| new |")).toBe(once);
  });

  it("that lacks the marks is left alone", () => {
    expect(() => withSection(document, "y", "")).toThrow("<!-- bench:y -->");
  });
});
