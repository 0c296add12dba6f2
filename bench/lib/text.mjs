// What is trained on where only the speed matters.

/** 65 distinct symbols, as in Tiny Shakespeare, drawn by a fixed generator: speed does not depend on what is learnt. */
export function syntheticText(symbols = 400_000) {
  const alphabet = Array.from({ length: 65 }, (_, i) => String.fromCharCode(48 + i));
  let state = 1;
  let text = "";
  for (let i = 0; i < symbols; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    text += alphabet[Math.floor((state / 2147483648) * alphabet.length)];
  }
  return text;
}

/**
 * A text of so many symbols with so many different ones, all of them there; from 256 on they are CJK ideographs among others,
 * as in the alphabets that are as large.
 *
 * @param {number} symbols
 * @param {number} vocabularySize
 */
export function textOf(symbols, vocabularySize) {
  const alphabet = Array.from({ length: vocabularySize }, (_, i) =>
    String.fromCharCode(i < 190 ? 48 + i : 0x4e00 + i),
  );
  const parts = [alphabet.join("")];
  let state = 1;
  for (let i = vocabularySize; i < symbols; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    parts.push(alphabet[Math.floor((state / 2147483648) * vocabularySize)] ?? "");
  }
  return parts.join("").slice(0, Math.max(symbols, vocabularySize));
}
