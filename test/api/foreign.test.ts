// Model files that another program wrote.
import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { withoutMetadata } from "./foreign.js";
import { create, exactPlaces, load, text } from "./models.js";

describe.each(exactPlaces)("a file of another program $name", (place) => {
  it("is an rnn with the activation that was named, tanh by default", async () => {
    const model = await create(place, { cell: "rnn", activation: "relu" });
    const file = withoutMetadata(await model.save());
    const { symbols } = model.info;
    const again = await load(file, place, { symbols, activation: "relu" });
    expect(again.info).toEqual(model.info);
    expect(await again.evaluate({ text })).toEqual(await model.evaluate({ text }));
    expect(await again.save()).toEqual(await model.save());

    const byDefault = await load(file, place, { symbols });
    expect(byDefault.info.activation).toBe("tanh");
    expect(await byDefault.evaluate({ text })).not.toEqual(await model.evaluate({ text }));
  });

  it("may lack the unknown symbol", async () => {
    const model = await create(place, { text: "abc" });
    expect(model.info).toMatchObject({ hasUnknown: true, vocabularySize: 4, symbols: "abc" });
    const file = withoutMetadata(await model.save());
    const withUnknown = await load(file, place, { symbols: "abc" });
    expect(withUnknown.info).toEqual(model.info);
    const without = await load(file, place, { symbols: "?abc" });
    expect(without.info).toMatchObject({ hasUnknown: false, vocabularySize: 4, symbols: "?abc" });
    await failure(without.sampleText({ prompt: "d" }), "unknown-symbol", "d");
    await failure(without.encode("abd"), "unknown-symbol", "d");
    expect(await withUnknown.decode((await withUnknown.encode("abd")).tokens)).toBe("abd");
  });

  it("takes half a surrogate pair for U+FFFD", async () => {
    const file = withoutMetadata(await (await create(place, { text: "ab\uFFFD" })).save());
    const model = await load(file, place, { symbols: "ab😀".slice(0, 3) });
    expect(model.info.symbols).toBe("ab\uFFFD");
  });

  it("is refused without symbols, and with what it cannot have", async () => {
    const model = await create(place);
    const file = withoutMetadata(await model.save());
    const { symbols } = model.info;
    await failure(load(file, place), "bad-model-file", "symbols");
    await failure(
      load(file, place, { symbols: "ab" }),
      "invalid-option",
      "symbols is 2 symbols",
      "row of the embedding",
    );
    await failure(load(file, place, { symbols, activation: "relu" }), "bad-model-file", "activation");
    const odd = { symbols, activation: "elu" } as never;
    await failure(load(file, place, odd), "invalid-option", "activation", "tanh, relu");
  });
});
