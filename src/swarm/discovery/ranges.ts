/** More values than any cluster has; a range that gives more is a mistake, and would eat the memory. */
const mostValues = 65_536;

/**
 * Replaces a range `[from:to]` of decimal integers by each of its values: "10.0.0.[8:11]:2375" gives four texts.
 * From above to gives none; what is not two integers stands for itself ("[::1]:2375"). One range a text.
 * Source: docs/discovery.md, "Discovery URLs"; the grammar of Swarm 1.2.9 (greedy match, no zero padding).
 */
export function expandRange(pattern: string): string[] {
  const open = pattern.indexOf("[");
  const close = pattern.lastIndexOf("]");
  if (open < 0 || close < open) return [pattern];
  const bounds = pattern.slice(open + 1, close).split(":");
  const [from, to] = bounds.map(integer);
  if (bounds.length !== 2 || from === undefined || to === undefined) return [pattern];
  if (to - from >= mostValues) {
    throw new RangeError(`the range [${bounds.join(":")}] gives more than ${mostValues} addresses`);
  }
  const before = pattern.slice(0, open);
  const after = pattern.slice(close + 1);
  const texts: string[] = [];
  for (let value = from; value <= to; value += 1) texts.push(`${before}${value}${after}`);
  return texts;
}

/** A decimal integer as Go's Atoi reads it. */
function integer(text: string): number | undefined {
  if (!/^[+-]?[0-9]{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value === 0 ? 0 : value;
}
