/** What os-release(5) says of a system; keys as they stand there. */
export type OsRelease = ReadonlyMap<string, string>;

/** Reads os-release(5): KEY=value, quoted as a shell would; other lines are skipped. */
export function parseOsRelease(text: string): OsRelease {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim());
    if (match?.[1] !== undefined && match[2] !== undefined) found.set(match[1], unquoted(match[2]));
  }
  return found;
}

function unquoted(text: string): string {
  const quote = text[0];
  if (text.length < 2 || (quote !== '"' && quote !== "'") || text.at(-1) !== quote) return text;
  const inner = text.slice(1, -1);
  return quote === '"' ? inner.replace(/\\(["\\$`])/g, "$1") : inner;
}

/** ID, and the words of ID_LIKE after it. */
export function familyOf(os: OsRelease): string[] {
  return [os.get("ID") ?? "", ...(os.get("ID_LIKE") ?? "").split(/\s+/)].filter((word) => word !== "");
}
