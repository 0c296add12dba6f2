// Ratios by name, of the rows of the benchmarks, and their comparison with earlier ones.

/**
 * By how much of the recorded ratio a new one may be lower. On a machine with other work two runs of one build differ by as much:
 * the share of the peak of an LSTM of 256 was 0.78 and 0.85 within an hour (AMD Zen 5, Node 20, 2026-11-25).
 */
const MARGIN = 0.07;
/** Of the share of time within WebAssembly, which is close to 1. */
const MARGIN_INSIDE = 0.01;

const modelOf = ({ cell, hiddenSize, numLayers, resetAfter, layerNorm }) =>
  [
    cell,
    hiddenSize,
    numLayers && `${numLayers} blocks`,
    resetAfter === false && "reset before",
    layerNorm && "layer norm",
  ]
    .filter(Boolean)
    .join(" ");

/** For each benchmark: what of a row is a ratio, of which more is better. */
const RATIOS = {
  step: ({ share }) => ({ "share of the peak": share }),
  sampling: ({ int8Ratio, manyRatio }) => ({
    "int8 against f32": int8Ratio,
    "64 texts against one": manyRatio,
  }),
  workers: ({ ratio }) => ({ "2 workers against 1": ratio }),
  overhead: ({ outside, place }) => ({ [`inside WebAssembly, ${place}`]: 1 - outside }),
};

/**
 * @param {any[]} rows as a benchmark prints them with --json
 * @returns {Record<string, number>}
 */
export function ratiosOf(rows) {
  const entries = rows.flatMap((row) =>
    Object.entries(RATIOS[row.bench](row))
      .filter(([, value]) => Number.isFinite(value))
      .map(([what, value]) => [`${what}: ${modelOf(row)}, ${row.build}`, Number(value.toFixed(4))]),
  );
  return Object.fromEntries(entries);
}

/**
 * @param {Record<string, number>} recorded
 * @param {Record<string, number>} measured
 * @returns {{ lines: string[], worse: string[] }} a line for each recorded ratio, and the names of those that are worse
 */
export function compare(recorded, measured) {
  const worse = [];
  const lines = Object.entries(recorded).map(([name, before]) => {
    const now = measured[name] ?? NaN;
    const margin = name.startsWith("inside") ? MARGIN_INSIDE : MARGIN;
    const isFine = now >= before * (1 - margin);
    // One that was not measured is not fine either: a benchmark has lost a row.
    if (!isFine) worse.push(name);
    const change = ((now / before - 1) * 100).toFixed(1);
    return `${isFine ? "✓" : "✗"} ${name}: ${before.toFixed(3)} → ${now.toFixed(3)} (${change} %, margin −${(margin * 100).toFixed(0)} %)`;
  });
  const added = Object.keys(measured).filter((name) => !(name in recorded));
  return { lines: [...lines, ...added.map((name) => `+ ${name}: ${measured[name]} (not recorded)`)], worse };
}
