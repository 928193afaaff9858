import { SwarmError } from "../errors.ts";
import { isJson, listAt, textMapAt } from "./json.ts";
import type { Json } from "./model.ts";
import { expressionList, swarmLabels } from "./request.ts";

const kinds = ["constraint", "affinity", "whitelist", "reschedule"] as const;

/**
 * Moves the expressions of a create body from its environment into labels, where they outlive the create.
 * @returns a copy; the body itself is left alone
 * @throws SwarmError 500 for a wrong reschedule policy, 400 for labels or environment of a wrong type
 */
export function moveExpressionsToLabels(config: Json): Json {
  const given = config["Labels"];
  if (given !== undefined && given !== null && !isJson(given))
    throw new SwarmError(400, "Labels must be an object of strings");
  const env = config["Env"];
  if (env !== undefined && env !== null && !Array.isArray(env))
    throw new SwarmError(400, "Env must be a list of strings");
  const labels = textMapAt(config, "Labels");
  const lists = new Map(kinds.map((kind) => [kind, [...expressionList(labels[swarmLabels[kind]])]]));
  const kept = listAt(config, "Env").filter((entry) => {
    if (typeof entry !== "string") return true;
    const kind = kinds.find((name) => entry.startsWith(`${name}:`));
    if (kind) lists.get(kind)?.push(entry.slice(kind.length + 1));
    return kind === undefined;
  });
  for (const [kind, list] of lists) {
    if (list.length > 0) labels[swarmLabels[kind]] = JSON.stringify(list);
  }
  checkPolicies(lists.get("reschedule") ?? []);
  return { ...config, Labels: { ...given, ...labels }, ...(Array.isArray(env) ? { Env: kept } : {}) };
}

function checkPolicies(policies: readonly string[]): void {
  if (policies.length > 1) throw new SwarmError(500, "too many reschedule policies");
  const policy = policies[0];
  if (policy !== undefined && policy !== "off" && policy !== "on-node-failure")
    throw new SwarmError(500, `invalid reschedule policy: ${policy}`);
}

/** A copy with one more expression in the label of its kind. */
export function withExpression(config: Json, kind: "constraint" | "affinity", expression: string): Json {
  const labels = textMapAt(config, "Labels");
  const list = [...expressionList(labels[swarmLabels[kind]]), expression];
  return { ...config, Labels: { ...labels, [swarmLabels[kind]]: JSON.stringify(list) } };
}

/** Whether a constraint ties it to a node for good: `node==x`, but not the soft `node==~x`. */
export function hasHardNodeConstraint(config: Json): boolean {
  return expressionList(textMapAt(config, "Labels")[swarmLabels.constraint]).some(
    (text) => text.startsWith("node==") && !text.startsWith("node==~"),
  );
}
