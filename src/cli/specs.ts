import type { CommandSpec } from "./command.ts";
import { clusterSpecs } from "./specs/clusters.ts";
import { imageSpecs } from "./specs/images.ts";
import { machineSpecs } from "./specs/machines.ts";
import { otherSpecs } from "./specs/other.ts";
import { useSpecs } from "./specs/use.ts";

/** Every command there is. */
export const commandSpecs: readonly CommandSpec[] = [
  ...machineSpecs,
  ...useSpecs,
  ...clusterSpecs,
  ...imageSpecs,
  ...otherSpecs,
];

/** The commands that a person is told of. */
export const visibleSpecs = (): readonly CommandSpec[] => commandSpecs.filter((spec) => spec.hidden !== true);

/** Headings of the general help, in their order. */
export const groupTitles: ReadonlyArray<readonly [CommandSpec["group"], string]> = [
  ["machines", "Machines"],
  ["use", "Using them"],
  ["clusters", "Clusters"],
  ["images", "Images"],
  ["other", "Other"],
];

/** The command of a name, or undefined. */
export function findSpec(
  name: string,
  specs: readonly CommandSpec[] = commandSpecs,
): CommandSpec | undefined {
  return specs.find((spec) => spec.name === name || spec.aliases?.includes(name));
}
