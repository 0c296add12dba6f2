// The figures of the README's table are those that docs/performance.md and docs/quality.md have from their measurements.
import { describe, expect, it } from "vitest";
import { read } from "./samples.js";

const readme = read("README.md");
const performance = read("docs/performance.md");
const quality = read("docs/quality.md");

/** The cells of the first row that begins so, below a heading. */
function row(page: string, heading: string, start: string): string[] {
  const [, part = ""] = page.split(heading);
  const line = part.split("\n").find((text) => text.startsWith(`| ${start} |`)) ?? "";
  return line.split("|").map((cell) => cell.trim());
}

describe("what it learns", () => {
  it.each([
    ["preset quick", "1.482 nats per character on held-out text after 67 s"],
    ["PyTorch, lstm 256", "PyTorch's LSTM of as many units 1.5465 after 52 s"],
    ["7-gram", "A 7-gram has 1.5165"],
    ["preset balanced", "`--preset balanced` 1.424 after 10 minutes"],
    ["preset best", "`--preset best` 1.412 after 49"],
  ])("%s", (name, words) => {
    const [, , , , , seconds = "", loss = ""] = row(quality, "## Tiny Shakespeare", name);
    expect(readme).toContain(words);
    const [stated = ""] = /\d\.\d{3,}/.exec(words) ?? [];
    expect(Number.parseFloat(loss).toFixed(stated.length - 2)).toBe(stated);
    const [time] = / after (\d+)/.exec(words)?.slice(1) ?? [];
    if (time !== undefined) expect([seconds, String(Math.round(Number(seconds) / 60))]).toContain(time);
  });
});

it("how fast it is beside others", () => {
  const ratio = (name: string) => {
    const cells = row(performance, "### W1: training LSTM 128", name);
    return Number.parseFloat(cells[5] ?? "");
  };
  expect(readme).toContain(
    `an LSTM of 128 units on one core ${Math.round(ratio("TF.js, wasm, one-hot, Node"))} times as fast as TF.js`,
  );
  expect(readme).toContain(
    `${Math.round(ratio("brain.js, one text at a time, Node"))} times as fast as brain.js`,
  );
  expect(readme).toContain(`${ratio("PyTorch, native").toFixed(2)} times as fast as native PyTorch`);
});

it("how large it is", () => {
  const [, wasm = "", javaScript = ""] =
    /wasm simd128 ([\d.]+) KiB[^]*JavaScript for a page ([\d.]+) KiB/.exec(performance) ?? [];
  expect(readme).toContain(`${Math.round(Number(wasm))} KiB of WebAssembly`);
  expect(readme).toContain(`${Math.round(Number(javaScript))} KiB of JavaScript`);
});
