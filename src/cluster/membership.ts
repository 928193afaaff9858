import type { HostRecord } from "../store/record.ts";
import { bareTokenId } from "./discovery-url.ts";
import { haClusterId } from "./ha/ha-discovery.ts";

/** What the clusters are made of: a machine's record and the cluster name of its side file ("" for none). */
export interface Member {
  readonly record: HostRecord;
  readonly clusterName: string;
}

/** The machines of one Swarm: all that have the same discovery text. */
export interface ClusterGroup {
  /** The name it was given, else the name of its master (the last in the order of the store); "" without either. */
  readonly name: string;
  readonly discovery: string;
  readonly masters: readonly Member[];
  /** All machines, masters too, in the order of the store. */
  readonly members: readonly Member[];
}

/**
 * What the machines of one Swarm have in common: the discovery text, or the id alone for a cluster that moves from its
 * master's token service to an etcd of its masters.
 */
export function clusterKey(discovery: string): string {
  return bareTokenId(discovery) ?? haClusterId(discovery) ?? discovery;
}

/** Groups machines by discovery text, in the order of their first members; machines without Swarm are in none. */
export function clustersOf(members: readonly Member[]): ClusterGroup[] {
  const byDiscovery = new Map<string, Member[]>();
  for (const member of members) {
    const { IsSwarm, Discovery } = member.record.HostOptions.SwarmOptions;
    if (!IsSwarm || Discovery === "") continue;
    const key = clusterKey(Discovery);
    const group = byDiscovery.get(key);
    if (group) group.push(member);
    else byDiscovery.set(key, [member]);
  }
  return [...byDiscovery.values()].map((group) => {
    const texts = group.map(({ record }) => record.HostOptions.SwarmOptions.Discovery);
    const discovery = texts.find((text) => haClusterId(text) !== undefined) ?? texts[0] ?? "";
    const masters = group.filter(({ record }) => record.HostOptions.SwarmOptions.Master);
    const named = group.find(({ clusterName }) => clusterName !== "")?.clusterName;
    return { name: named ?? masters.at(-1)?.record.Name ?? "", discovery, masters, members: group };
  });
}

/** The SWARM column by machine name: "NAME (master)" for masters, "NAME" for nodes, nothing for the rest. */
export function swarmColumn(members: readonly Member[]): Map<string, string> {
  const column = new Map<string, string>();
  for (const { name, members: group } of clustersOf(members)) {
    if (name === "") continue;
    for (const { record } of group) {
      column.set(record.Name, record.HostOptions.SwarmOptions.Master ? `${name} (master)` : name);
    }
  }
  return column;
}
