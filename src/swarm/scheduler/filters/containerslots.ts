import type { Filter } from "../filter.ts";

/** Keeps nodes with fewer containers than their engine label `containerslots` allows. */
export const containerSlotsFilter: Filter = {
  describe: () => ["available container slots"],
  judge: () => (node) => {
    const label = node.labels["containerslots"];
    if (label === undefined || !/^[+-]?\d+$/.test(label)) return undefined;
    const slots = Number(label);
    return node.containerCount < slots ? undefined : `all ${slots} container slots are taken`;
  },
};
