import type { SchedulerNode } from "../model.ts";
import type { PlacementRequest } from "../request.ts";
import type { Ranking } from "../strategy.ts";

interface Weighted<N> {
  readonly node: N;
  readonly weight: number;
}

/**
 * Weighs nodes by the share of CPUs and memory that would be promised, in whole percent, and by their health.
 * @param healthFactor what a point of health adds to the weight
 * @returns lightest first, the fewest containers first among equals; further ties keep their order
 */
export function rankByWeight<N extends SchedulerNode>(
  request: PlacementRequest,
  nodes: readonly N[],
  healthFactor: number,
): Ranking<N> {
  const weighted: Weighted<N>[] = [];
  const refused = new Map<N, string>();
  for (const node of nodes) {
    const cpuScore = percent(node.usedCpus, request.cpus, node.totalCpus);
    const memoryScore = percent(node.usedMemoryBytes, request.memoryBytes, node.totalMemoryBytes);
    if (cpuScore > 100) {
      refused.set(node, `${request.cpus} CPUs asked, ${node.usedCpus} of ${node.totalCpus} are reserved`);
    } else if (memoryScore > 100) {
      refused.set(
        node,
        `${request.memoryBytes} bytes of memory asked, ${node.usedMemoryBytes} of ${node.totalMemoryBytes} are reserved`,
      );
    } else {
      weighted.push({ node, weight: cpuScore + memoryScore + healthFactor * node.healthIndicator });
    }
  }
  weighted.sort((a, b) => a.weight - b.weight || a.node.containerCount - b.node.containerCount);
  return { ranked: weighted.map(({ node }) => node), refused };
}

/** Whole percent that would be in use; 100 where nothing is asked, more than 100 where it does not fit. */
function percent(used: number, asked: number, total: number): number {
  if (asked <= 0) return 100;
  if (used + asked > total) return 101;
  return Math.trunc(((used + asked) * 100) / total);
}
