import { type Expression, expressionText, parseExpression, satisfies } from "../expressions.ts";
import type { Filter } from "../filter.ts";
import { entryOf } from "../json.ts";
import type { SchedulerNode } from "../model.ts";

/** Keeps nodes by their name, id and engine labels. */
export const constraintFilter: Filter = {
  describe: (request) => request.constraints.map((text) => expressionText(parseExpression(text))),
  judge: (request, keepsSoft) => {
    const expressions = request.constraints
      .map(parseExpression)
      .filter((expression) => keepsSoft || !expression.isSoft);
    if (expressions.length === 0) return undefined;
    return (node) => {
      const broken = expressions.find((expression) => !satisfies(expression, candidates(expression, node)));
      if (!broken || broken.key === "node") return broken && `${expressionText(broken)} does not hold`;
      const label = entryOf(node.labels, broken.key);
      const actual = label === undefined ? "no such engine label" : `the label is "${label}"`;
      return `${expressionText(broken)} does not hold, ${actual}`;
    };
  },
};

function candidates(expression: Expression, node: SchedulerNode): readonly string[] {
  return expression.key === "node" ? [node.id, node.name] : [entryOf(node.labels, expression.key) ?? ""];
}
