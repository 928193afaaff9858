/** Splits "node/name" at the first slash; the node is "" where none is named. */
export function splitNodeName(text: string): [node: string, name: string] {
  const bare = text.replace(/^\//, "");
  const slash = bare.indexOf("/");
  return slash < 0 ? ["", bare] : [bare.slice(0, slash), bare.slice(slash + 1)];
}

/** Whether one of the candidates is wanted: all are where nothing is asked for. */
export function isWanted(
  wanted: readonly string[],
  candidates: readonly string[],
  how: "part" | "start",
): boolean {
  if (wanted.length === 0) return true;
  return wanted.some((value) =>
    candidates.some((candidate) =>
      how === "part" ? candidate.includes(value) : candidate.startsWith(value),
    ),
  );
}
