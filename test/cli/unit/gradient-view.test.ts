import { describe, expect, it } from "vitest";
import { coloursFor } from "../../../ts/src/cli/view/colours.js";
import { drawGradients } from "../../../ts/src/cli/view/gradient-view.js";
import { widthOf } from "../../../ts/src/cli/view/text-layout.js";

const plain = coloursFor({ isTTY: false });
const saturation = { low: 0.25, high: 0.5 };

/** A norm that is multiplied by a factor with every symbol back. */
const layer = (factor: number, lags = 8) => ({
  norms: Array.from({ length: lags }, (_, lag) => factor ** lag),
  saturation,
});

/** Without the caption. */
const draw = (...layers: { norms: number[]; saturation: typeof saturation }[]) => {
  const lines = drawGradients([{ cell: "gru", flow: { layers } }], 20, plain);
  return lines.slice(lines.indexOf("") + 1);
};

describe("the table", () => {
  it("says what it shows", () => {
    const lines = drawGradients([{ cell: "gru", flow: { layers: [layer(0.1)] } }], 200, plain);
    expect(lines[0]).toMatch(/^How much of the loss of a symbol comes back .* norm of its gradient/);
    expect(lines.join("\n")).toMatch(/\n\nNorm of the gradient, on a logarithmic scale; .* to 7\.\n/);
  });

  it("calls states what no gates are", () => {
    const cells = [
      { cell: "rnn", flow: { layers: [layer(0.5)] } },
      { cell: "gru", flow: { layers: [layer(0.5)] } },
    ];
    const rows = drawGradients(cells, 60, plain).join("\n");
    expect(rows).toMatch(/\ngates shut +25 %\ngates open +50 %\n/);
    expect(rows).toMatch(/\nstates at their lowest +25 % +\nstates at their highest +50 % +\n/);
    expect(draw(layer(0.5)).join("\n")).not.toContain("states at");
  });

  it("has the norms by lag, in steps that double, and the last one", () => {
    expect(draw(layer(0.1)).slice(0, 8)).toEqual([
      "symbols back      gru",
      "0              1.0e+0",
      "1              1.0e-1",
      "2              1.0e-2",
      "4              1.0e-4",
      "7              1.0e-7",
      "gates shut       25 %",
      "gates open       50 %",
    ]);
  });

  it("has a column for each layer of each cell", () => {
    const cells = [
      { cell: "gru", flow: { layers: [layer(0.5), layer(0.9)] } },
      { cell: "lstm", flow: { layers: [layer(1, 3)] } },
    ];
    const lines = drawGradients(cells, 40, plain);
    const [head, ...rows] = lines.slice(lines.indexOf("") + 1);
    expect(head).toMatch(/^symbols back +gru, layer 1 +gru, layer 2 +lstm$/);
    expect(rows[2], "2 back").toMatch(/^2 +2\.5e-1 +8\.1e-1 +1\.0e\+0$/);
    expect(rows[3], "a shorter one ends early").toMatch(/^4 +6\.3e-2 +6\.6e-1 *$/);
  });
});

describe("the plot", () => {
  it("falls in a straight line where the gradient fades by the same factor", () => {
    const plot = draw(layer(0.1, 20)).slice(-6);
    expect(plot).toEqual([
      "gru",
      "  1.0e+0 ┤⠱⡀⠀⠀⠀⠀⠀⠀⠀⠀",
      "         │⠀⠘⢄⠀⠀⠀⠀⠀⠀⠀",
      "         │⠀⠀⠈⢆⠀⠀⠀⠀⠀⠀",
      "         │⠀⠀⠀⠀⠣⡀⠀⠀⠀⠀",
      " 1.0e-12 ┤⠀⠀⠀⠀⠀⠑⡄⠀⠀⠀",
    ]);
  });

  it("has one scale for all, so that a gradient that stays is level at the top", () => {
    const cells = [
      { cell: "rnn", flow: { layers: [layer(0.1)] } },
      { cell: "lstm", flow: { layers: [layer(1)] } },
    ];
    const lines = drawGradients(cells, 20, plain);
    const lstm = lines.slice(lines.indexOf("lstm") + 1);
    expect(lstm[0]).toBe(`  1.0e+0 ┤${"⠉".repeat(10)}`);
    expect(lstm.at(-1)).toBe(`  1.0e-7 ┤${"⠀".repeat(10)}`);
  });

  it("goes twelve decades down and no further, and leaves out what is zero", () => {
    const lines = draw({ norms: [1, 1e-30, 0, 0], saturation });
    expect(lines.at(-1)).toMatch(/^ 1\.0e-12 ┤/);
    expect(draw({ norms: [0, 0], saturation }).at(-1), "nothing to draw").toMatch(/^gates open/);
  });

  it("leaves out what has grown out of range, which the table calls by its name", () => {
    const lines = draw({ norms: [1, 10, Number.MAX_VALUE], saturation });
    expect(lines[3]).toMatch(/^2 +overflow$/);
    expect(lines.join("\n"), "the highest that is drawn").toContain("1.0e+1 ┤");
  });

  it("is never wider than the terminal", () => {
    for (const line of drawGradients([{ cell: "rnn", flow: { layers: [layer(0.5, 300)] } }], 60, plain)) {
      expect(widthOf(line)).toBeLessThanOrEqual(60);
    }
  });
});
