// What is trained on where only the speed matters.
import { generator } from "./random.mjs";

/** The code points from that of the digit 0 on; larger alphabets have CJK ideographs besides. */
const FIRST = 48;
const BELOW_CJK = 190;
const FIRST_CJK = 0x4e00;

/**
 * A text of so many symbols, with so many different ones, all of them there: as many as Tiny Shakespeare has where nothing is said.
 * They are drawn at random, because speed does not depend on what is learnt.
 *
 * @param {number} symbols at least as many as there are different ones
 */
export function textOf(symbols, vocabularySize = 65) {
  const alphabet = Array.from({ length: vocabularySize }, (_, i) =>
    String.fromCharCode(i < BELOW_CJK ? FIRST + i : FIRST_CJK + i),
  );
  const random = generator();
  const drawn = Array.from(
    { length: Math.max(0, symbols - vocabularySize) },
    () => alphabet[Math.floor(random() * vocabularySize)],
  );
  return alphabet.concat(drawn).join("");
}
