import type { Filter } from "./filter.ts";
import { affinityFilter } from "./filters/affinity.ts";
import { constraintFilter } from "./filters/constraint.ts";
import { containerSlotsFilter } from "./filters/containerslots.ts";
import { dependencyFilter } from "./filters/dependency.ts";
import { healthFilter } from "./filters/health.ts";
import { portFilter } from "./filters/port.ts";
import { whitelistFilter } from "./filters/whitelist.ts";

/** Every filter under the name that `--filter` takes, in the default order. */
export const filters = {
  health: healthFilter,
  port: portFilter,
  containerslots: containerSlotsFilter,
  dependency: dependencyFilter,
  affinity: affinityFilter,
  constraint: constraintFilter,
  whitelist: whitelistFilter,
} as const satisfies Record<string, Filter>;

export type FilterName = keyof typeof filters;

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(filters, name);
}

export const defaultFilterNames: readonly FilterName[] = Object.keys(filters).filter(isFilterName);
