import type { Strategy } from "../strategy.ts";

/** Any order; resources are not looked at. */
export const randomStrategy: Strategy = {
  rank: (_request, nodes, random) => {
    const left = [...nodes];
    const ranked: typeof left = [];
    while (left.length > 0) ranked.push(...left.splice(Math.floor(random() * left.length), 1));
    return { ranked, refused: new Map() };
  },
};
