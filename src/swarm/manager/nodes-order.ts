import type { ClusterNode } from "../cluster/cluster.ts";

const collator = new Intl.Collator("en", { numeric: true });

/** Nodes by name as people count: node-2 before node-10; then by address. */
export function inNaturalOrder(nodes: readonly ClusterNode[]): ClusterNode[] {
  return [...nodes].sort((a, b) => collator.compare(a.name, b.name) || collator.compare(a.addr, b.addr));
}
