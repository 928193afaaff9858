import type { Strategy } from "../strategy.ts";
import { rankByWeight } from "./weighted.ts";

/** The fullest node that still has room comes first. */
export const binpackStrategy: Strategy = {
  rank: (request, nodes) => {
    const ranking = rankByWeight(request, nodes, 10);
    return { ...ranking, ranked: ranking.ranked.toReversed() };
  },
};
