/** For `bash -c`: runs its arguments and prints what `timesOf` reads; the program's own output goes to stderr. */
export const timesScript =
  'a=$EPOCHREALTIME; "$@" >&2; code=$?; b=$EPOCHREALTIME; times; echo "$a $b"; exit $code';

/** Wall time and CPU time of the program and its children, ms. bash tells the latter to the millisecond. */
export function timesOf(stdout: string): { wallMs: number; cpuMs: number } {
  const lines = stdout.trim().split("\n");
  const parts = [...(lines.at(-2) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  const cpuMs = parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  const [from, to] = (lines.at(-1) ?? "").split(" ").map(Number);
  return { wallMs: ((to ?? Number.NaN) - (from ?? Number.NaN)) * 1000, cpuMs };
}
