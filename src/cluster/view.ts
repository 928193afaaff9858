import { isIPv6 } from "node:net";
import type { ClusterView } from "../machine/list.ts";
import type { Machine } from "../machine/machine.ts";
import type { Store } from "../store/store.ts";
import { swarmPort } from "./discovery-url.ts";
import { notSwarmMaster } from "./errors.ts";
import { clustersOf, swarmColumn } from "./membership.ts";
import { allMembers, membersOf } from "./side-file.ts";

/** What `ls`, `env` and `active` show of clusters. */
export function clusterView(store: Store): ClusterView {
  return {
    swarmColumn: async (records) => swarmColumn(await membersOf(store, records)),
    swarmUrl: async (machine) =>
      machine.record.HostOptions.SwarmOptions.Master ? swarmUrlOf(machine) : undefined,
  };
}

/** Where the client reaches the manager of a master: "tcp://host:port". */
export async function swarmUrlOf(machine: Machine): Promise<string> {
  const { Host } = machine.record.HostOptions.SwarmOptions;
  const { host, port } = await machine.driver.reach(swarmPort(Host));
  return `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/**
 * The masters that `env --swarm NAME` may use, best first: the machine of that name, else those of the cluster so named.
 * @throws NOT_SWARM_MASTER
 */
export async function mastersNamed(store: Store, name: string): Promise<string[]> {
  const members = await allMembers(store);
  const own = members.find(({ record }) => record.Name === name);
  if (own?.record.HostOptions.SwarmOptions.Master) return [name];
  const cluster = clustersOf(members).find((one) => one.name === name);
  if (cluster === undefined) throw notSwarmMaster(name);
  return cluster.masters.map(({ record }) => record.Name);
}
