import { expressionText, parseExpression } from "../expressions.ts";
import type { Filter } from "../filter.ts";

/** Keeps the nodes whose exact names stand in the `|` separated value; operator and patterns mean nothing here. */
export const whitelistFilter: Filter = {
  describe: (request) =>
    request.whitelists.map((text) => {
      const expression = parseExpression(text);
      return `${expressionText(expression)} (soft=${expression.isSoft})`;
    }),
  judge: (request, keepsSoft) => {
    const lists = request.whitelists
      .map(parseExpression)
      .filter((expression) => keepsSoft || !expression.isSoft)
      .map((expression) => new Set(expression.value.split("|")));
    if (lists.length === 0) return undefined;
    return (node) => (lists.every((list) => list.has(node.name)) ? undefined : "not in the whitelist");
  },
};
