import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { withRoom } from "./with-room.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { OverlapSearch } from "../overlap/find-overlap.js";
import type { Overlap } from "../types.js";

// Few enough that a slice does not last much longer than it should, and many beside what a look at the clock takes.
const SYMBOLS_PER_STEP = 4096;

const WHAT = "The text that overlap looks at";

/** One search for what a text shares with a corpus. */
export class OverlapJob {
  readonly #search: OverlapSearch;

  /** @throws MynahError `text-too-long` for a corpus beyond what can be counted, `out-of-memory`. */
  constructor(text: string, source: ResolvedSource, minLength: number) {
    this.#search = withRoom(WHAT, () => new OverlapSearch(text, source, minLength));
  }

  /** Searches on for a slice. What was found once all is. */
  advance(): Overlap | undefined {
    let found: Overlap | undefined;
    workFor(CHUNK_MILLISECONDS, () => {
      found = withRoom(WHAT, () => this.#search.advance(SYMBOLS_PER_STEP));
      return found === undefined;
    });
    return found;
  }

  free(): void {
    // Nothing of it is in WebAssembly's memory.
  }
}
