/** The newest API version whose answers this program was written for. */
export const newestKnownApiVersion = "1.51";
/** What an engine speaks that does not say (Docker 1.12 and before named no minimum). */
export const oldestApiVersion = "1.24";

export function isApiVersion(text: string): boolean {
  return /^\d{1,3}\.\d{1,4}$/.test(text);
}

/** Negative, 0 or positive, as for sort; both are of the form "1.41". */
export function compareApiVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/** The version within min…max that is nearest to `wanted`. */
export function clampApiVersion(wanted: string, min: string, max: string): string {
  if (compareApiVersions(wanted, min) < 0) return min;
  return compareApiVersions(wanted, max) > 0 ? max : wanted;
}
