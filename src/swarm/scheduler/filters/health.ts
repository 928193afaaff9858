import type { Filter } from "../filter.ts";

/** Keeps engines that answer. */
export const healthFilter: Filter = {
  ownError: "No healthy node available in the cluster",
  describe: () => [],
  judge: () => (node) => (node.healthIndicator > 0 ? undefined : "not healthy"),
};
