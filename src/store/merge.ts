import { type JsonNode, treeOf } from "./json-tree.ts";
import type { HostRecord } from "./record.ts";

/** Lists that docker-machine never sets, and writes as null. */
const unsetLists = (): JsonNode =>
  treeOf({ HostOptions: { EngineOptions: { Dns: null }, SwarmOptions: { Env: null } } });

/**
 * The tree to write for `record` over what the file held before: keys that we do not know stay (in `Driver`, the
 * record itself carries them), unchanged numbers keep their text, and a null stays null where we read an empty list.
 */
export function mergeRecord(before: JsonNode | undefined, record: HostRecord): JsonNode {
  const merged = merge(before ?? unsetLists(), treeOf(record), "keepForeign");
  if (merged.kind !== "object") return merged;
  const driver = mergeDriver(childOf(before, "Driver"), treeOf(record.Driver));
  return { kind: "object", entries: new Map([...merged.entries, ["Driver", driver]]) };
}

/** Zero values of shared keys are not added to a driver's object that never had them: it may not be ours. */
function mergeDriver(before: JsonNode | undefined, after: JsonNode): JsonNode {
  const merged = merge(before, after, "dropForeign");
  if (before?.kind !== "object" || merged.kind !== "object") return merged;
  const kept = [...merged.entries].filter(
    ([key, node]) => childOf(before, key) !== undefined || !isZero(node),
  );
  return { kind: "object", entries: new Map(kept) };
}

function isZero(node: JsonNode): boolean {
  return (
    (node.kind === "string" && node.value === "") ||
    (node.kind === "number" && Number(node.text) === 0) ||
    (node.kind === "literal" && node.value === false)
  );
}

function merge(before: JsonNode | undefined, after: JsonNode, mode: "keepForeign" | "dropForeign"): JsonNode {
  if (before === undefined) return after;
  if (after.kind === "number" && before.kind === "number") {
    return Number(before.text) === Number(after.text) ? before : after;
  }
  if (after.kind === "array") return mergeArray(before, after.items);
  if (after.kind === "object" && before.kind === "object") {
    const entries = new Map<string, JsonNode>();
    for (const [key, node] of after.entries) entries.set(key, merge(childOf(before, key), node, mode));
    if (mode === "keepForeign") {
      const known = new Set([...after.entries.keys()].map((key) => key.toLowerCase()));
      for (const [key, node] of before.entries) if (!known.has(key.toLowerCase())) entries.set(key, node);
    }
    return { kind: "object", entries };
  }
  return after;
}

function mergeArray(before: JsonNode, items: readonly JsonNode[]): JsonNode {
  if (before.kind === "literal" && before.value === null && items.length === 0) return before;
  if (before.kind !== "array") return { kind: "array", items };
  const merged = items.map((item, index) => merge(before.items[index], item, "dropForeign"));
  return { kind: "array", items: merged };
}

/** The value of a key, whatever its case; the last of several. */
function childOf(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.kind !== "object") return undefined;
  const exact = node.entries.get(key);
  const wanted = key.toLowerCase();
  let found = exact;
  for (const [name, child] of node.entries) if (name.toLowerCase() === wanted) found = child;
  return found;
}
