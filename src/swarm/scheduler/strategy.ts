import type { SchedulerNode } from "./model.ts";
import type { PlacementRequest } from "./request.ts";

/** The nodes that can take it, best first, and why the others cannot. */
export interface Ranking {
  readonly ranked: readonly SchedulerNode[];
  readonly refused: ReadonlyMap<SchedulerNode, string>;
}

/** Orders the nodes that the filters left. */
export interface Strategy {
  /** @param random 0 ≤ x < 1 */
  rank(request: PlacementRequest, nodes: readonly SchedulerNode[], random: () => number): Ranking;
}
