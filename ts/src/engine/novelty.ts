import { withRoom } from "./with-room.js";
import { stringOf } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";

/** Tells which of many texts are new. */
export class Novelty {
  readonly #prompt: string;
  readonly #isUnique: boolean;
  readonly #corpus: string;
  readonly #documents: ReadonlySet<string>;
  readonly #seen = new Set<string>();

  /**
   * @param prompt - what stands before every text: a document of the corpus is prompt and text together
   * @param isUnique - whether a text is new only once
   * @param corpus - what is not new from the start: any part of a text, or whole documents
   * @throws MynahError `text-too-long` for a text that no string can hold, `out-of-memory` for too many documents.
   */
  constructor(options: {
    readonly prompt: string;
    readonly isUnique: boolean;
    readonly corpus: ResolvedSource | undefined;
  }) {
    const { prompt, isUnique, corpus } = options;
    this.#prompt = prompt;
    this.#isUnique = isUnique;
    this.#documents = withRoom("notInCorpus", () => new Set(corpus?.documents));
    this.#corpus = corpus?.documents === undefined ? stringOf(corpus?.text ?? "", "notInCorpus") : "";
  }

  /** Whether a text is new. Texts are asked for in the order of their numbers, and each of them once. */
  isNew(text: string): boolean {
    if (this.#documents.has(this.#prompt + text)) return false;
    if (this.#corpus !== "" && this.#corpus.includes(text)) return false;
    if (this.#seen.has(text)) return false;
    if (this.#isUnique) this.#seen.add(text);
    return true;
  }
}
