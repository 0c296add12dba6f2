const integers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `12,345` */
export function formatInteger(value: number): string {
  return integers.format(value);
}

/** `1 step`, `1,234 steps` */
export function formatSteps(steps: number): string {
  return `${formatInteger(steps)} ${steps === 1 ? "step" : "steps"}`;
}

/** `1,234` up to ten thousand, then `58.2k`, then `1.20M`. */
export function formatCount(value: number): string {
  if (value < 10_000) return formatInteger(value);
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)}k`;
  return `${(value / 1_000_000).toFixed(2)}M`;
}

/** `1.234`, in nats; a dash where no step has come to a loss. */
export function formatLoss(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(3);
}

/** A model that has learnt nothing good may hesitate between more symbols than anybody wants to read the digits of. */
export function formatPerplexity(value: number): string {
  return value < 1e6 ? value.toFixed(2) : value.toExponential(2);
}

/** `62 %` */
export function formatPercent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

/** `41 s`, `3 min 05 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`;
}

/** `812 bytes`, `1.7 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / size).toFixed(1)} ${unit}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
