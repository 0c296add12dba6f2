// Pictures of 16 x 16 dots with a shape somewhere, and what is to be said of them.
export const SIZE = 16;
export const SHAPES = ["square", "ring", "cross", "bar", "pole", "star"];
export const PLACES = ["top", "middle", "bottom"].flatMap((row) =>
  ["left", "centre", "right"].map((column) => `${row} ${column}`),
);

/**
 * A shape and a place, by their positions in the lists.
 *
 * @typedef {{ shape: number, place: number }} Picture
 */

/** @param {Picture} picture */
export const caption = ({ shape, place }) => `a ${SHAPES[shape]} at the ${PLACES[place]}`;

/** Every pair. */
export const ALL = [...SHAPES.keys()].flatMap((shape) =>
  [...PLACES.keys()].map((place) => ({ shape, place })),
);

/**
 * The 54 pairs fall into nine groups, and any of them may be held out: each has every shape once, at six different places.
 *
 * @param {number} group
 * @returns {{ shown: Picture[], heldOut: Picture[] }}
 */
export function split(group) {
  /** @param {Picture} picture */
  const isHeldOut = ({ shape, place }) => (shape + place) % PLACES.length === group;
  return { shown: ALL.filter((pair) => !isHeldOut(pair)), heldOut: ALL.filter(isHeldOut) };
}

/**
 * Random numbers from 0 to 1 that are the same every time (mulberry32).
 *
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Whether a shape covers a dot, by the dot's distance from the shape's middle in dots.
 *
 * @param {string | undefined} shape
 * @param {number} x
 * @param {number} y
 */
function covers(shape, x, y) {
  const [across, down] = [Math.abs(x), Math.abs(y)];
  if (across > 2 || down > 2) return false;
  if (shape === "ring") return across === 2 || down === 2;
  if (shape === "cross") return across === 0 || down === 0;
  if (shape === "bar") return down === 0;
  if (shape === "pole") return across === 0;
  if (shape === "star") return across === down;
  return true;
}

/**
 * Draws a shape somewhere in its ninth of the picture, more or less bright, on a ground that is not quite dark: 256 numbers.
 *
 * @param {Picture} picture
 * @param {() => number} random
 */
export function draw({ shape, place }, random) {
  const dots = new Float32Array(SIZE * SIZE);
  const middleX = 2 + 4 * (place % 3) + Math.floor(4 * random());
  const middleY = 2 + 4 * Math.floor(place / 3) + Math.floor(4 * random());
  const brightness = 0.5 + 0.5 * random();
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const ink = covers(SHAPES[shape], x - middleX, y - middleY) ? brightness : 0;
      dots[y * SIZE + x] = ink + 0.2 * random();
    }
  }
  return dots;
}

/**
 * A picture for the terminal, two rows of dots a line, with a text beside it.
 *
 * @param {Float32Array | undefined} dots
 * @param {string | undefined} text
 */
export function show(dots, text) {
  /** @param {number} x @param {number} y */
  const isBright = (x, y) => (dots?.[y * SIZE + x] ?? 0) > 0.4;
  const lines = [...Array(SIZE / 2).keys()].map((line) => {
    const dotsOfLine = [...Array(SIZE).keys()].map((x) => {
      const [upper, lower] = [isBright(x, 2 * line), isBright(x, 2 * line + 1)];
      if (upper) return lower ? "█" : "▀";
      return lower ? "▄" : "·";
    });
    return dotsOfLine.join("") + (line === SIZE / 4 ? `   ${text}` : "");
  });
  return lines.join("\n");
}
