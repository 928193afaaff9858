/** Orders names as people do, case aside: "m9" before "m10", digits before letters; equal ones by their bytes. */
export function compareNatural(a: string, b: string): number {
  const left = partsOf(a.toLowerCase());
  const right = partsOf(b.toLowerCase());
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareParts(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : Number(a > b));
}

function partsOf(text: string): string[] {
  return text.match(/\d+|\D/g) ?? [];
}

function compareParts(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return a < b ? -1 : Number(a > b);
  const left = a.replace(/^0+(?=\d)/, "");
  const right = b.replace(/^0+(?=\d)/, "");
  return left.length - right.length || (left < right ? -1 : Number(left > right));
}

function isNumber(part: string): boolean {
  return /^\d/.test(part);
}
