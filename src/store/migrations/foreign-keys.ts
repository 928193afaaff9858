import type { JsonNode } from "../json-tree.ts";

/** Keys that stood at the top of old records and now stand elsewhere, in small letters. Source: docs/compat.md. */
const moved = new Set([
  "storepath",
  "cacertpath",
  "privatekeypath",
  "servercertpath",
  "serverkeypath",
  "clientcertpath",
  "clientkeypath",
  "swarmhost",
  "swarmmaster",
  "swarmdiscovery",
]);

/** An old record without the keys that its migration moved: what is left over is kept in the new one. */
export function withoutMovedKeys(record: JsonNode): JsonNode {
  const top = without(record, moved);
  return inside(top, "HostOptions", (host) =>
    inside(host, "AuthOptions", (auth) => without(auth, new Set(["privatekeypath"]))),
  );
}

function without(node: JsonNode, keys: ReadonlySet<string>): JsonNode {
  if (node.kind !== "object") return node;
  const kept = [...node.entries].filter(([key]) => !keys.has(key.toLowerCase()));
  return { kind: "object", entries: new Map(kept) };
}

function inside(node: JsonNode, key: string, change: (child: JsonNode) => JsonNode): JsonNode {
  if (node.kind !== "object") return node;
  const entries = [...node.entries].map(
    ([name, child]) => [name, name.toLowerCase() === key.toLowerCase() ? change(child) : child] as const,
  );
  return { kind: "object", entries: new Map(entries) };
}
