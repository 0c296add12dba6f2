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
