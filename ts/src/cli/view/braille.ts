// A braille character is a grid of dots, two across and four down; these are the bits of its dots, column by column, from the top.
const BRAILLE = 0x2800;
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** Values that a character of a line takes. */
export const VALUES_PER_COLUMN = 2;

/** The values at the top and the bottom edge of a drawing. */
export interface Scale {
  readonly highest: number;
  readonly lowest: number;
}

/**
 * Draws values as a line, {@link VALUES_PER_COLUMN} to a character and `rows` characters high: rows of braille characters from the
 * top. Where a value is `undefined`, nothing is drawn.
 */
export function drawLine(
  values: readonly (number | undefined)[],
  rows: number,
  { highest, lowest }: Scale,
): string[] {
  const height = rows * 4 - 1;
  const scale = highest > lowest ? height / (highest - lowest) : 0;
  const columns = Math.ceil(values.length / VALUES_PER_COLUMN);
  const cells = Array.from({ length: rows }, () => new Uint8Array(columns));
  let previous: number | undefined;
  values.forEach((value, x) => {
    if (value === undefined) return;
    const y = Math.round((highest - value) * scale);
    // Down or up from the dot before, so that a steep fall is a line and not a scatter.
    const from = previous === undefined ? y : previous < y ? previous + 1 : previous > y ? previous - 1 : y;
    for (let dot = Math.min(from, y); dot <= Math.max(from, y); dot++) setDot(cells, x, dot);
    previous = y;
  });
  return cells.map((row) => String.fromCodePoint(...Array.from(row, (dots) => BRAILLE + dots)));
}

function setDot(cells: readonly Uint8Array[], x: number, y: number): void {
  const row = cells[y >> 2];
  const bit = DOTS[x & 1 ? 1 : 0][y & 3] ?? 0;
  if (row !== undefined) row[x >> 1] = (row[x >> 1] ?? 0) | bit;
}
