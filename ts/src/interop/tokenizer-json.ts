// Byte-level BPE as Hugging Face's tokenizers write it down: tokenizer.json. Loaded when it is first asked for.
import type { TokenizerSettings } from "../tokenizer/settings.js";
import { MynahError } from "../errors.js";
import type { Normalization, TokenizerJson } from "../options/tokenizer-types.js";

/** A tokenizer as the model file has it, as far as it can be written down. */
export interface OwnTokenizer {
  readonly kind: string;
  readonly merges?: readonly number[];
  readonly contractions?: boolean;
  readonly hasBoundary?: boolean;
  readonly normalization?: Normalization;
  readonly caseFolding?: boolean;
}

/** Units are below 65,535. */
const MOST_MERGES = 65_535 - 256;

/** UTF-16 units of what messages show of a file, at most: enough for most expressions. */
const MOST_SHOWN = 200;

/** What stands around documents. */
const BOUNDARY = "<|endoftext|>";

/** Where words end, in the syntax of Oniguruma and of JavaScript; the same as in WebAssembly. */
const WORDS = " ?[^\\P{Alphabetic}\\p{N}]+| ?\\p{N}+| ?[^\\s\\p{Alphabetic}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** That of GPT-2, as some files have it. */
const WORDS_OF_GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The characters that stand for the bytes 0 to 255: themselves where they can be seen, the others from U+0100 on. */
const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte).map((byte, _, bytes) => {
  const hidden = bytes.filter((other) => other < byte && !isSeen(other)).length;
  return String.fromCodePoint(isSeen(byte) ? byte : 256 + hidden);
});

function isSeen(byte: number): boolean {
  return (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
}

/**
 * What a file says, of which the numbers of tokens are not kept: bytes come first, then merges in their order.
 *
 * @throws MynahError `unsupported-tokenizer`.
 */
export function importTokenizer(json: TokenizerJson): TokenizerSettings {
  const model = partOf(json.model);
  if (!Array.isArray(model["merges"]) || (model["type"] !== undefined && model["type"] !== "BPE")) {
    throw unsupported(`its model is of type ${shown(model["type"])}, and only BPE on bytes can be read`);
  }
  refuseOtherWays(model);
  refuseAddedTokens(json["added_tokens"]);
  const merges = mergesOf(model["merges"], tokensOf(model["vocab"]));
  const folding = foldingOf(json["normalizer"]);
  const pattern = wordsOf(json["pre_tokenizer"]);
  if (merges.length === 0) return { kind: "bytes", ...folding };
  if (pattern !== WORDS && pattern !== WORDS_OF_GPT2) {
    throw unsupported(`it divides words by ${shown(pattern)}, which is neither GPT-2's way nor mynah's`);
  }
  return { kind: "bpe", merges, contractions: pattern === WORDS_OF_GPT2, ...folding };
}

/**
 * A file that says what a tokenizer does.
 *
 * @throws MynahError `unsupported-tokenizer` for one that is not of bytes.
 */
export function exportTokenizer(own: OwnTokenizer): TokenizerJson {
  if (own.kind !== "bpe" && own.kind !== "bytes") {
    throw new MynahError(
      "unsupported-tokenizer",
      `A model of ${own.kind === "char" ? "characters" : own.kind} cannot be written as a tokenizer.json; only those of bytes and bpe can`,
    );
  }
  const first = own.hasBoundary === true ? 1 : 0;
  const tokens = [...CHARACTERS];
  const merges: string[] = [];
  const given = own.merges ?? [];
  for (let at = 0; at < given.length; at += 2) {
    const [left = "", right = ""] = [tokens[given[at] ?? 0], tokens[given[at + 1] ?? 0]];
    merges.push(`${left} ${right}`);
    tokens.push(left + right);
  }
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: first === 1 ? [{ id: 0, content: BOUNDARY, ...special }] : [],
    normalizer: normalizerOf(own),
    pre_tokenizer: preTokenizerOf(own),
    post_processor: null,
    decoder: byteLevel(true),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries([
        ...(first === 1 ? [[BOUNDARY, 0] as const] : []),
        ...tokens.map((token, unit) => [token, first + unit] as const),
      ]),
      merges,
    },
  };
}

type Part = Readonly<Record<string, unknown>>;

function partOf(value: unknown): Part {
  return typeof value === "object" && value !== null ? (value as Part) : {};
}

function unsupported(reason: string): MynahError {
  return new MynahError("unsupported-tokenizer", `Not a tokenizer that mynah can take over: ${reason}`);
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value);
  return json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN)}…` : json;
}

/** @throws MynahError `unsupported-tokenizer` for a model that does not go by its merges alone. */
function refuseOtherWays(model: Part): void {
  if (model["ignore_merges"] === true) {
    throw unsupported("it takes words that it knows whole, without merging (ignore_merges)");
  }
  if ((model["dropout"] ?? 0) !== 0) {
    throw unsupported(
      `it leaves out merges by lot (dropout ${shown(model["dropout"])}), so a text has no tokens of its own`,
    );
  }
  for (const name of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (typeof model[name] === "string" && model[name] !== "") {
      throw unsupported(`its tokens are marked by a ${name}, so they are none of bytes`);
    }
  }
}

/** @throws MynahError `unsupported-tokenizer` for tokens of any text that are found in it before it is divided. */
function refuseAddedTokens(given: unknown): void {
  const added: readonly unknown[] = Array.isArray(given) ? given : [];
  const { content } = added.map(partOf).find(({ special }) => special !== true) ?? {};
  if (content !== undefined) {
    throw unsupported(`it finds ${shown(content)} in a text before anything is merged (added_tokens)`);
  }
}

/**
 * The tokens that it knows.
 *
 * @throws MynahError `unsupported-tokenizer` where they have no numbers of their own.
 */
function tokensOf(vocab: unknown): ReadonlySet<string> {
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) {
    throw unsupported(`its vocab is ${shown(vocab)}, and must have a number for each token`);
  }
  const tokens = new Map<unknown, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (!Number.isSafeInteger(id) || Number(id) < 0) {
      throw unsupported(`its vocab has ${shown(id)} for ${shown(token)}, which is no number of a token`);
    }
    const other = tokens.get(id);
    if (other !== undefined) {
      throw unsupported(`its vocab has ${shown(id)} for both ${shown(other)} and ${shown(token)}`);
    }
    tokens.set(id, token);
  }
  return new Set(tokens.values());
}

/**
 * @param known - the tokens of its vocab
 * @throws MynahError `unsupported-tokenizer` for tokens that are no bytes, are not made before they are merged, are made twice, or are not
 * known.
 */
function mergesOf(given: readonly unknown[], known: ReadonlySet<string>): number[] {
  if (given.length > MOST_MERGES) {
    throw unsupported(`it has ${given.length} merges, and no more than ${MOST_MERGES} can be read`);
  }
  const units = new Map(CHARACTERS.map((character, byte) => [character, byte]));
  // Holes count, too.
  return Array.from(given).flatMap((merge) => {
    const parts: readonly unknown[] =
      typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts.map((part) => units.get(String(part)));
    if (left === undefined || right === undefined || parts.length !== 2) {
      throw unsupported(`it merges ${shown(merge)}, which are no bytes and nothing that was merged before`);
    }
    const whole = parts.join("");
    if (units.has(whole)) throw unsupported(`it makes ${shown(whole)} in two ways`);
    if (!known.has(whole)) throw unsupported(`it makes ${shown(whole)}, which its vocab lacks`);
    units.set(whole, units.size);
    return [left, right];
  });
}

/**
 * The expression that divides words, if there is one.
 *
 * @throws MynahError `unsupported-tokenizer` for what is not of bytes.
 */
function wordsOf(given: unknown): unknown {
  const steps = stepsOf(given, "pretokenizers");
  const last = steps.at(-1);
  if (last?.["type"] !== "ByteLevel") {
    throw unsupported(`it is not of bytes: its pre_tokenizer is ${shown(last?.["type"])}`);
  }
  if (last["add_prefix_space"] === true) {
    throw unsupported("it puts a space before every text (add_prefix_space), which mynah does not");
  }
  const patterns = steps.slice(0, -1).map((step) => {
    const pattern = partOf(step["pattern"])["Regex"];
    const isSplit = step["type"] === "Split" && step["behavior"] === "Isolated" && step["invert"] !== true;
    return isSplit ? pattern : step["type"];
  });
  if (last["use_regex"] !== false) patterns.push(WORDS_OF_GPT2);
  return patterns.length > 1 ? patterns : patterns[0];
}

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const satisfies Normalization[];

/**
 * What is done to a text. Steps that differ from those that are written out give other tokens for a few texts: small letters alone
 * keep a ς, and without the form once more behind them ẖ stays two characters.
 *
 * @throws MynahError `unsupported-tokenizer` for anything but one form of Unicode and small letters.
 */
function foldingOf(given: unknown): Pick<TokenizerSettings, "normalization" | "caseFolding"> {
  const steps = stepsOf(given, "normalizers").map(nameOfStep);
  const normalization = FORMS.find((form) => steps.includes(form)) ?? "none";
  const caseFolding = steps.includes("Lowercase");
  const own = stepsOf(normalizerOf({ normalization, caseFolding }), "normalizers").map(nameOfStep);
  if (steps.join() === own.join()) return { normalization, caseFolding };
  const instead = own.length === 0 ? "forms of Unicode and Lowercase" : own.join(", ");
  throw unsupported(`its normalizer is ${steps.join(", ")}, and only ${instead} can be read`);
}

/** Its type, and of a replacement what it replaces. */
function nameOfStep({ type, pattern, content }: Part): string {
  if (type !== "Replace") return String(type);
  return `Replace of ${shown(partOf(pattern)["String"])} by ${shown(content)}`;
}

/** A part of the file that may be a sequence of others. */
function stepsOf(given: unknown, name: string): readonly Part[] {
  if (given === null || given === undefined) return [];
  const part = partOf(given);
  const { type, [name]: steps } = part;
  return type === "Sequence" && Array.isArray(steps) ? steps.flatMap((step) => stepsOf(step, name)) : [part];
}

function normalizerOf({
  normalization = "none",
  caseFolding,
}: Pick<OwnTokenizer, "normalization" | "caseFolding">): Part | null {
  const form = normalization === "none" ? [] : [{ type: normalization }];
  if (caseFolding !== true) return form[0] ?? null;
  const small = [{ type: "Lowercase" }, { type: "Replace", pattern: { String: "ς" }, content: "σ" }];
  return { type: "Sequence", normalizers: [...form, ...small, ...form] };
}

function preTokenizerOf({ kind, contractions }: OwnTokenizer): Part {
  if (kind === "bytes") return byteLevel(false);
  if (contractions === true) return byteLevel(true);
  const split = { type: "Split", pattern: { Regex: WORDS }, behavior: "Isolated", invert: false };
  return { type: "Sequence", pretokenizers: [split, byteLevel(false)] };
}

function byteLevel(divides: boolean): Part {
  return { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: divides };
}
