import { type Expression, expressionText, parseExpression, satisfies } from "../expressions.ts";
import type { Filter } from "../filter.ts";
import { entryOf } from "../json.ts";
import type { SchedulerNode } from "../model.ts";

/** Keeps nodes by what is on them: containers, images, container labels. */
export const affinityFilter: Filter = {
  describe: (request) =>
    request.affinities.map((text) => {
      const expression = parseExpression(text);
      return `${expressionText(expression)} (soft=${expression.isSoft})`;
    }),
  judge: (request, keepsSoft) => {
    const expressions = request.affinities
      .map(parseExpression)
      .filter((expression) => keepsSoft || !expression.isSoft);
    if (expressions.length === 0) return undefined;
    return (node) => {
      const broken = expressions.find((expression) => !holds(expression, node));
      return broken && `${expressionText(broken)} does not hold`;
    };
  },
};

function holds(expression: Expression, node: SchedulerNode): boolean {
  // a plain id or name is looked up; only patterns walk the containers
  if (expression.key === "container" && /^[\w-]+$/.test(expression.value))
    return node.hasContainer(expression.value) !== expression.isNegated;
  return satisfies(expression, candidates(expression.key, node));
}

function* candidates(key: string, node: SchedulerNode): Iterable<string> {
  if (key === "image") {
    for (const image of node.images()) {
      yield image.id;
      for (const tag of image.repoTags) {
        yield tag;
        yield repositoryOf(tag);
      }
    }
    return;
  }
  for (const container of node.containers()) {
    if (key === "container") {
      if (container.id !== "") yield container.id;
      if (container.names[0] !== undefined) yield container.names[0];
    } else yield entryOf(container.labels, key) ?? "";
  }
}

/** "registry:5000/a/b:tag" → "registry:5000/a/b" */
function repositoryOf(tag: string): string {
  const colon = tag.lastIndexOf(":");
  return colon > tag.lastIndexOf("/") ? tag.slice(0, colon) : tag;
}
