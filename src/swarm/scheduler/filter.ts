import type { SchedulerNode } from "./model.ts";
import type { PlacementRequest } from "./request.ts";

/** Why a node is out; undefined keeps it. */
export type Verdict = string | undefined;

/** One rule that keeps nodes or drops them; it sees one node at a time, so it can add none. */
export interface Filter {
  /** What it asks of the node, as error texts list it; empty: it has nothing to say about this request. */
  describe(request: PlacementRequest): readonly string[];
  /**
   * @param keepsSoft false: soft expressions are as if not there
   * @throws ExpressionError
   */
  judge(request: PlacementRequest, keepsSoft: boolean): ((node: SchedulerNode) => Verdict) | undefined;
  /** The first line of the error where this filter leaves no node, in place of the usual list. */
  readonly ownError?: string;
}
