import { messageOf } from "../../kit/errors.ts";
import type { ClusterNode } from "../cluster/cluster.ts";
import { SwarmError } from "../errors.ts";
import type { Manager } from "./manager-state.ts";

const atOnce = 64;

export interface Outcome<T> {
  readonly node: ClusterNode;
  readonly value?: T;
  readonly error?: unknown;
}

export function healthyNodes(manager: Manager): ClusterNode[] {
  return manager.cluster.nodes().filter(({ status }) => status === "Healthy");
}

/** Does the same on several nodes, some dozens at a time; never rejects. Outcomes are in the order of the nodes. */
export async function onNodes<T>(
  nodes: readonly ClusterNode[],
  act: (node: ClusterNode) => Promise<T>,
): Promise<Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  const queue = nodes.entries();
  const work = async () => {
    for (const [at, node] of queue) {
      try {
        outcomes[at] = { node, value: await act(node) };
      } catch (error) {
        outcomes[at] = { node, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, nodes.length) }, work));
  return outcomes;
}

/** The values; where a node failed, an error that names each such node. @throws SwarmError 500 */
export function valuesOrThrow<T>(outcomes: readonly Outcome<T>[]): T[] {
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length > 0) {
    const lines = failed.map(({ node, error }) => `${node.name}: ${messageOf(error)}`);
    throw new SwarmError(500, lines.join("\n"));
  }
  const values: T[] = [];
  for (const { value } of outcomes) if (value !== undefined) values.push(value);
  return values;
}
