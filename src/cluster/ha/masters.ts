import type { Machine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import { clusterOfMachine } from "../cluster-of.ts";

/** The cluster's masters as the store has them, with an address, in the order of their names. */
export async function mastersWithAddress(machine: Machine): Promise<HostRecord[]> {
  const cluster = await clusterOfMachine(machine);
  return (cluster?.masters ?? [])
    .map(({ record }) => (record.Name === machine.name ? machine.record : record))
    .filter(({ Driver }) => Driver.IPAddress !== "")
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
}
