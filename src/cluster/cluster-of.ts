import type { Machine } from "../machine/machine.ts";
import { type ClusterGroup, clusterKey, clustersOf } from "./membership.ts";
import { allMembers } from "./side-file.ts";

/** The cluster that a machine of the store belongs to, or undefined. */
export async function clusterOfMachine(machine: Machine): Promise<ClusterGroup | undefined> {
  const members = await allMembers(machine.ctx.store);
  const { Discovery } = machine.record.HostOptions.SwarmOptions;
  return clustersOf(members).find(({ discovery }) => clusterKey(discovery) === clusterKey(Discovery));
}
