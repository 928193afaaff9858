import type { SchedulerNode } from "./model.ts";
import type { PlacementRequest } from "./request.ts";

/** The nodes that can take it, best first, and why the others cannot. */
export interface Ranking<N extends SchedulerNode> {
  readonly ranked: readonly N[];
  readonly refused: ReadonlyMap<N, string>;
}

/** Orders the nodes that the filters left. */
export interface Strategy {
  /** @param random 0 ≤ x < 1 */
  rank<N extends SchedulerNode>(
    request: PlacementRequest,
    nodes: readonly N[],
    random: () => number,
  ): Ranking<N>;
}
