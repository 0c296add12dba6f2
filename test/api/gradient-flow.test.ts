import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { create, places, text } from "./models.js";

describe.each(places)("the gradient $name", (place) => {
  it("is told by lag and layer, and moves no weight", async () => {
    const model = await create(place, { cell: "lstm", numLayers: 2 });
    const before = await model.save();
    const { layers } = await model.gradientFlow({ text, seqLength: 20, batchSize: 4 });
    expect(layers).toHaveLength(2);
    for (const { norms, saturation } of layers) {
      expect(norms).toHaveLength(20);
      for (const norm of norms) expect(norm).toBeGreaterThan(0);
      expect(saturation.low + saturation.high).toBeLessThanOrEqual(1);
    }
    expect(await model.save()).toEqual(before);
  });

  it("fades in an rnn with small weights, and not in one with orthogonal ones", async () => {
    const fading = async (initialization: "uniform" | "orthogonal") => {
      // Without a tanh, whose saturation makes it fade whatever the weights are.
      const model = await create(place, { cell: "rnn", activation: "relu", initialization });
      const { layers } = await model.gradientFlow({ text, seqLength: 32 });
      const { norms = [] } = layers[0] ?? {};
      return (norms.at(-1) ?? 0) / (norms[0] ?? 1);
    };
    expect(await fading("uniform")).toBeLessThan(0.1 * (await fading("orthogonal")));
  });

  it("is looked at as often and as far back as it is told", async () => {
    const model = await create(place);
    const one = await model.gradientFlow({ text, seqLength: 8, batchSize: 1 });
    const many = await model.gradientFlow({ text, seqLength: 8, batchSize: 8 });
    expect(one.layers[0]?.norms).toHaveLength(8);
    expect(one).not.toEqual(many);
  });

  it("refuses what it cannot look at", async () => {
    const model = await create(place);
    await failure(
      model.gradientFlow({ text: "" }),
      "text-too-short",
      "to measure",
      "two windows of seqLength 64",
    );
    await failure(model.gradientFlow({ text, seqLength: 1 }), "invalid-option", "seqLength", "2 to 4096");
    await failure(model.gradientFlow({ text, steps: 1 } as never), "unknown-option", "model.gradientFlow");
    const transformer = await create(place, { cell: "transformer", embeddingSize: undefined });
    await failure(transformer.gradientFlow({ text, seqLength: 8 }), "contradictory-options", "transformer");
  });
});
