import type { Strategy } from "../strategy.ts";
import { rankByWeight } from "./weighted.ts";

/** The node with the least promised, then with the fewest containers, comes first. */
export const spreadStrategy: Strategy = {
  rank: (request, nodes) => rankByWeight(request, nodes, -10),
};
