export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Milliseconds as seconds with two digits. */
export function seconds(ms: number): number {
  return round(ms / 1000);
}
