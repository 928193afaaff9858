import type { Machine } from "../machine/machine.ts";
import { clusterOfMachine } from "./cluster-of.ts";
import type { ToldDiscovery } from "./containers.ts";
import { bareTokenId, swarmPort, tokenUrl } from "./discovery-url.ts";
import { etcdUrl, haClusterId } from "./ha/ha-discovery.ts";
import { mastersWithAddress } from "./ha/masters.ts";

interface DiscoveryTexts {
  manager: ToldDiscovery;
  agent: ToldDiscovery;
  missingMaster: boolean;
}

/**
 * What the containers are told. A bare token://ID stays in the record; its manager serves the id itself, agents get that
 * manager's address. Where the masters run an etcd, everybody gets the addresses of all of them, a master its own first.
 */
export async function discoveryFor(machine: Machine): Promise<DiscoveryTexts> {
  const swarm = machine.record.HostOptions.SwarmOptions;
  const told = (url: string, isOwnEtcd = false): ToldDiscovery => ({ url, isOwnEtcd });
  const given = told(swarm.Discovery);
  const asGiven = { manager: given, agent: given, missingMaster: false };
  const haId = haClusterId(swarm.Discovery);
  if (haId !== undefined) {
    const masters = await mastersWithAddress(machine);
    const own = masters.filter(({ Name }) => Name === machine.name);
    const ips = [...own, ...masters.filter(({ Name }) => Name !== machine.name)].map(
      ({ Driver }) => Driver.IPAddress,
    );
    const etcd = told(etcdUrl(ips, haId), true);
    return { manager: etcd, agent: etcd, missingMaster: ips.length === 0 };
  }
  const id = bareTokenId(swarm.Discovery);
  if (id === undefined) return asGiven;
  if (swarm.Master) {
    const host = await machine.driver.ip();
    return { ...asGiven, agent: told(tokenUrl({ host, port: swarmPort(swarm.Host) }, id)) };
  }
  const address = await masterAddress(machine);
  if (address === undefined) return { ...asGiven, missingMaster: true };
  return { ...asGiven, agent: told(tokenUrl(address, id)) };
}

/** Address of the cluster's manager as its peers see it, from the store alone. */
async function masterAddress(machine: Machine): Promise<{ host: string; port: number } | undefined> {
  const cluster = await clusterOfMachine(machine);
  const master = cluster?.masters.find(({ record }) => record.Driver.IPAddress !== "")?.record;
  if (master === undefined) return undefined;
  return { host: master.Driver.IPAddress, port: swarmPort(master.HostOptions.SwarmOptions.Host) };
}
