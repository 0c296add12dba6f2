// tokenizer.json, out and in, held against Hugging Face's own library.
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { TextModel, type TokenizerJson, type TokenizerOptions } from "mynah";
import { failure } from "./errors.js";
import { create, load, text } from "./models.js";

const place = { worker: false, build: "simd128" } as const;

const LEARNT = `${text} Né 狼来了 🦊🦊, it's don't  we'll\n\n 12 345 Ⅷ ² नमस्ते! x\t\ty `.repeat(3);
const READ = `The owl's  milk,\n 1234 Ⅷ5 é狼 ﬁ नमस्ते ΟΔΟΣ H\u0331 🦊👩‍👩‍👧 \u0000\u00ad\t end  `;

/** What the library makes of a file. */
function reference(json: TokenizerJson): Tokenizer {
  return new Tokenizer(JSON.parse(JSON.stringify(json)) as object, {});
}

const idsOf = (tokenizer: Tokenizer, given: string): number[] =>
  Array.from(tokenizer.encode(given, { add_special_tokens: false }).ids, Number);

const textOf = (tokenizer: Tokenizer, tokens: Uint32Array): string =>
  tokenizer.decode(Array.from(tokens), { clean_up_tokenization_spaces: false });

const asked: readonly TokenizerOptions[] = [
  { tokenizer: "bytes" },
  { tokenizer: "bpe" },
  { tokenizer: "bpe", vocabularySize: 300 },
  { tokenizer: "bpe", normalization: "NFKC" },
  { tokenizer: "bpe", normalization: "NFC", caseFolding: true },
  { tokenizer: "bytes", caseFolding: true },
];

describe.each(asked)("%j", (options) => {
  it("goes out, and the library cuts texts into the same numbers", async () => {
    const model = await create(place, { text: LEARNT, ...options });
    const other = reference(await model.exportTokenizer());
    for (const given of [LEARNT, READ, "", " ", "a"]) {
      const { tokens, symbols } = await model.encode(given);
      expect(idsOf(other, given)).toEqual(Array.from(tokens));
      // It wants a token at least.
      if (given !== "") expect(textOf(other, tokens)).toBe(symbols.join(""));
    }
  });

  it("comes in again as what it was", async () => {
    const model = await create(place, { text: LEARNT, ...options });
    const again = await create(place, { text: "anything", tokenizer: await model.exportTokenizer() });
    expect(again.info.vocabulary).toEqual(model.info.vocabulary);
    for (const given of [LEARNT, READ]) expect(await again.encode(given)).toEqual(await model.encode(given));
    const saved = await load(await again.save(), place);
    expect(await saved.exportTokenizer()).toEqual(await model.exportTokenizer());
  });
});

it("the boundary of documents is a token of its own", async () => {
  const documents = ["anna", "annabel", "bella"];
  await using model = await TextModel.create({ documents, tokenizer: "bpe", hiddenSize: 8, ...place });
  const json = await model.exportTokenizer();
  expect(json["added_tokens"]).toMatchObject([{ id: 0, content: "<|endoftext|>", special: true }]);
  const { tokens } = await model.encode("annabella");
  expect(idsOf(reference(json), "annabella")).toEqual(Array.from(tokens));
  expect(idsOf(reference(json), "<|endoftext|>anna")[0]).toBe(0);
});

/** As GPT-2's own file is, but for its size. */
async function asOfGpt2(): Promise<TokenizerJson> {
  const model = await create(place, { text: LEARNT, tokenizer: "bpe" });
  const json = await model.exportTokenizer();
  const { merges } = json.model as { merges: string[] };
  const pre = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  // In a file of theirs merges may be pairs, too.
  const pairs = merges.map((merge) => merge.split(" "));
  return { ...json, pre_tokenizer: pre, model: { ...json.model, merges: pairs } };
}

it("GPT-2's words are taken over with their contractions", async () => {
  const json = await asOfGpt2();
  const model = await create(place, { text: LEARNT, tokenizer: json });
  const given = "The owl's  milk, we'll don't  ' 12 345 狼, 🦊 'RE\n\n end ";
  expect(Array.from((await model.encode(given)).tokens)).toEqual(idsOf(reference(json), given));
  expect((await model.encode("it's")).symbols.at(-1)).toContain("s");
  const out = await model.exportTokenizer();
  expect(Array.from((await model.encode(given)).tokens)).toEqual(idsOf(reference(out), given));
  await model.train({ text: LEARNT, steps: 2, batchSize: 2, seqLength: 8 });
});

describe("what is not BPE on bytes in a way that mynah has is refused", () => {
  const change = (part: string, value: unknown) => (json: TokenizerJson) => ({ ...json, [part]: value });
  const changeModel = (parts: object) => (json: TokenizerJson) => ({
    ...json,
    model: { ...json.model, ...parts },
  });

  const LOWERCASE = { type: "Lowercase" };
  const ONE_SIGMA = { type: "Replace", pattern: { String: "ς" }, content: "σ" };
  const normalizers = (...steps: readonly object[]) =>
    change("normalizer", { type: "Sequence", normalizers: steps });

  it.each([
    [changeModel({ type: "WordPiece" }), "WordPiece"],
    [changeModel({ merges: undefined }), "only BPE"],
    [changeModel({ ignore_merges: true }), "ignore_merges"],
    [changeModel({ end_of_word_suffix: "</w>" }), "end_of_word_suffix"],
    [changeModel({ merges: ["a b", "a b"], vocab: { ab: 0 } }), "in two ways"],
    [changeModel({ merges: ["ab c"] }), "ab c"],
    [changeModel({ merges: ["a b c"] }), "a b c"],
    [changeModel({ merges: [7] }), "7"],
    [changeModel({ merges: Array(65_536).fill("a b") }), "65536 merges"],
    [changeModel({ merges: [["a", "ab"]] }), "ab"],
    [changeModel({ merges: Array(1) }), "it merges nothing"],
    [changeModel({ merges: ["q q"] }), 'it makes "qq", which its vocab lacks'],
    [changeModel({ vocab: undefined }), "its vocab is nothing"],
    [changeModel({ vocab: Array(500).fill(1) }), `its vocab is [${"1,".repeat(99)}1…, and must have`],
    [changeModel({ vocab: { a: 0, b: 0 } }), 'has 0 for both "a" and "b"'],
    [changeModel({ vocab: { a: -1 } }), 'has -1 for "a"'],
    [changeModel({ vocab: { a: "1" } }), 'has "1" for "a"'],
    [changeModel({ dropout: 0.1 }), "dropout 0.1"],
    [change("added_tokens", [{ id: 999, content: "the", special: false }]), 'it finds "the"'],
    [change("pre_tokenizer", null), "not of bytes"],
    [change("pre_tokenizer", { type: "Metaspace" }), "Metaspace"],
    [change("pre_tokenizer", { type: "ByteLevel", use_regex: false }), "nothing"],
    [
      change("pre_tokenizer", {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: "\\d" }, behavior: "Isolated", invert: false },
          { type: "ByteLevel", use_regex: false },
        ],
      }),
      "\\d",
    ],
    [change("pre_tokenizer", { type: "ByteLevel", add_prefix_space: true }), "add_prefix_space"],
    [change("normalizer", { type: "StripAccents" }), "StripAccents"],
    [normalizers({ type: "NFC" }, { type: "NFKD" }), "NFKD"],
    [change("normalizer", LOWERCASE), 'only Lowercase, Replace of "ς" by "σ"'],
    [change("normalizer", ONE_SIGMA), "Replace"],
    [normalizers(ONE_SIGMA, LOWERCASE), "its normalizer is Replace"],
    [normalizers(LOWERCASE, { ...ONE_SIGMA, content: "s" }), 'by "s"'],
    [normalizers({ type: "NFC" }, LOWERCASE, ONE_SIGMA), 'by "σ", NFC can be read'],
    [normalizers(LOWERCASE, ONE_SIGMA, { type: "NFKC" }), "only NFKC, Lowercase"],
  ] as const)("%#", async (spoil, words) => {
    const spoilt = spoil(await asOfGpt2());
    await failure(TextModel.create({ text, tokenizer: spoilt, ...place }), "unsupported-tokenizer", words);
  });

  it("because the library would cut texts in another way", async () => {
    const json = await asOfGpt2();
    const idsWith = (spoil: typeof json, given: string) => idsOf(reference(spoil), given);
    const prefixed = change("pre_tokenizer", { type: "ByteLevel", add_prefix_space: true })(json);
    expect(idsWith(prefixed, "the")).toEqual(idsWith(json, " the"));
    const idsOfOwn = (given: string) => idsWith(normalizers(LOWERCASE, ONE_SIGMA)(json), given);
    expect(idsWith(change("normalizer", LOWERCASE)(json), "ΟΔΟΣ")).not.toEqual(idsOfOwn("ΟΔΟΣ"));
    const added = change("added_tokens", [{ id: 0, content: "he", special: false }])(json);
    expect(idsWith(added, "the")).not.toEqual(idsOfOwn("the"));
    const composed = { type: "NFC" };
    const once = normalizers(composed, LOWERCASE, ONE_SIGMA)(json);
    const twice = normalizers(composed, LOWERCASE, ONE_SIGMA, composed)(json);
    expect(idsWith(once, "H\u0331")).not.toEqual(idsWith(twice, "H\u0331"));
  });

  it("and what is none of bytes does not go out", async () => {
    for (const tokenizer of ["characters", "graphemes", "words"] as const) {
      const model = await create(place, { tokenizer });
      const words = `A model of ${tokenizer} cannot be written as a tokenizer.json`;
      await failure(model.exportTokenizer(), "unsupported-tokenizer", words);
    }
  });
});
