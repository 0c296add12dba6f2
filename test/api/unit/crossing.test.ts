import { expect, it } from "vitest";
import { buffersOf } from "../../../ts/src/engine/crossing.js";

it("activations move to another thread as a whole, and nothing of them is copied", () => {
  const lstm = {
    hiddenSize: 2,
    hidden: Float32Array.of(1, 2),
    cell: Float32Array.of(3, 4),
    gateNames: ["input"],
    gates: Float32Array.of(5, 6),
  };
  const rnn = { hiddenSize: 1, hidden: Float32Array.of(7), gateNames: [], gates: new Float32Array() };
  const seen = { layers: [lstm, rnn] };
  const expected = structuredClone(seen);
  expect(structuredClone(seen, { transfer: buffersOf(seen) })).toEqual(expected);
  for (const values of [lstm.hidden, lstm.cell, lstm.gates, rnn.hidden]) expect(values).toHaveLength(0);
});
