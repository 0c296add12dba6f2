import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { OverlapSearch } from "../overlap/find-overlap.js";
import type { Overlap } from "../types.js";

// Few enough that a slice does not last much longer than it should, and many beside what a look at the clock takes.
const SYMBOLS_PER_STEP = 4096;

/** One search for what a text shares with a corpus. */
export class OverlapJob {
  readonly #search: OverlapSearch;

  constructor(text: string, source: ResolvedSource, minLength: number) {
    this.#search = new OverlapSearch(text, source, minLength);
  }

  /** Searches on for a slice. What was found once all is. */
  advance(): Overlap | undefined {
    let found: Overlap | undefined;
    workFor(CHUNK_MILLISECONDS, () => {
      found = this.#search.advance(SYMBOLS_PER_STEP);
      return found === undefined;
    });
    return found;
  }

  free(): void {
    // Nothing of it is in WebAssembly's memory.
  }
}
