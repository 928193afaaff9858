const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const part = /([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Reads a duration as Go writes them ("300ms", "1m30s", "-1.5h", "0"); a bare number other than 0 is none.
 * @returns milliseconds, or undefined. Source: Go's documentation of time.ParseDuration.
 */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") return undefined;
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < rest.length) {
    const [, digits = "", unit = ""] = part.exec(rest) ?? [];
    const factor = unitsMs[unit];
    if (factor === undefined || !/[0-9]/.test(digits)) return undefined;
    total += Number(digits) * factor;
  }
  return sign * total;
}

/** Writes milliseconds as Go prints a duration: "1m30s", "300ms", "0s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size < 1_000) return `${sign}${decimal(size)}ms`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor((size % 3_600_000) / 60_000);
  const seconds = decimal((size % 60_000) / 1_000);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function decimal(value: number): string {
  return String(Number(value.toFixed(6)));
}
