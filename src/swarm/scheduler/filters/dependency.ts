import type { Filter } from "../filter.ts";

/** Keeps the node that has every container named by --volumes-from, --link and --net=container:. */
export const dependencyFilter: Filter = {
  describe: (request) => request.dependencies.map(({ flag }) => flag),
  judge: (request) => {
    if (request.dependencies.length === 0) return undefined;
    return (node) => {
      const missing = request.dependencies.find(({ container }) => !node.hasContainer(container));
      return missing && `${missing.container} is not here`;
    };
  },
};
