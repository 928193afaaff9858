import { SwarmError } from "../errors.ts";
import { ExpressionError, parseExpression } from "./expressions.ts";
import { type FilterName, filters } from "./filters.ts";
import type { SchedulerNode } from "./model.ts";
import type { PlacementRequest } from "./request.ts";
import { type StrategyName, strategies } from "./strategies.ts";

export interface SchedulerOptions {
  readonly filters: readonly FilterName[];
  readonly strategy: StrategyName;
  readonly random: () => number;
}

const maxReasons = 20;

/**
 * Finds the nodes that may take a container, best first; at least one.
 * With soft expressions first; where that leaves nothing, once more without any of them.
 * @throws SwarmError 500 with the classic text, and a line for each node that says which filter refused it and why
 */
export function schedule<N extends SchedulerNode>(
  request: PlacementRequest,
  nodes: readonly N[],
  options: SchedulerOptions,
): readonly N[] {
  if (hasSoft(request)) {
    try {
      return attempt(request, nodes, options, true);
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      // not with every soft wish: once more without them
    }
  }
  return attempt(request, nodes, options, false);
}

function attempt<N extends SchedulerNode>(
  request: PlacementRequest,
  nodes: readonly N[],
  options: SchedulerOptions,
  keepsSoft: boolean,
): readonly N[] {
  const reasons: string[] = [];
  let left = nodes.filter((node) => {
    if (!node.isActive) reasons.push(`${node.name} takes no new containers: drained`);
    return node.isActive;
  });
  const conditions: string[] = [];
  for (const name of options.filters) {
    const filter = filters[name];
    try {
      const description = filter.describe(request);
      if (description.length > 0) conditions.push(`[${description.join(" ")}]`);
      const judge = filter.judge(request, keepsSoft);
      if (judge) {
        left = left.filter((node) => {
          const reason = judge(node);
          if (reason !== undefined) reasons.push(`${node.name} refused by the ${name} filter: ${reason}`);
          return reason === undefined;
        });
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw refusal([...conditions, `error from ${name} filter: ${error.message}`], []);
    }
    if (left.length === 0 && nodes.length > 0) {
      if ("ownError" in filter) throw new SwarmError(500, [filter.ownError, ...shorten(reasons)].join("\n"));
      throw refusal(conditions, reasons);
    }
  }
  if (left.length === 0)
    throw new SwarmError(500, ["No nodes available in the cluster", ...shorten(reasons)].join("\n"));
  const { ranked, refused } = strategies[options.strategy].rank(request, left, options.random);
  if (ranked.length > 0) return ranked;
  for (const [node, reason] of refused) reasons.push(`${node.name} has no room: ${reason}`);
  throw new SwarmError(500, ["no resources available to schedule container", ...shorten(reasons)].join("\n"));
}

function refusal(conditions: readonly string[], reasons: readonly string[]): SwarmError {
  const first = "Unable to find a node that satisfies the following conditions ";
  return new SwarmError(500, [first, ...conditions, ...shorten(reasons)].join("\n"));
}

function shorten(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= maxReasons) return reasons;
  return [...reasons.slice(0, maxReasons), `and ${reasons.length - maxReasons} nodes more`];
}

function hasSoft(request: PlacementRequest): boolean {
  return [...request.constraints, ...request.affinities, ...request.whitelists].some((text) => {
    try {
      return parseExpression(text).isSoft;
    } catch (error) {
      if (error instanceof ExpressionError) return false; // the filter that reads it complains
      throw error;
    }
  });
}
