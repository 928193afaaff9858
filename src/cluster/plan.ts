import { usageError } from "../kit/errors.ts";
import type { SwarmOptions } from "../store/record.ts";
import { newClusterId } from "./discovery-url.ts";
import { clusterNotFound, noMasterToJoin, severalClusters } from "./errors.ts";
import { type ClusterGroup, clustersOf, type Member } from "./membership.ts";
import { checkSwarmOptions } from "./swarm-flags.ts";

export interface SwarmChoice {
  swarm: Partial<SwarmOptions>;
  /** `--swarm-name`; "" for none. */
  clusterName: string;
}

/**
 * Completes the Swarm options of a `create`: a master without a discovery starts a cluster of its own, a node without one
 * joins the cluster that is named, or the only one there is.
 * @throws USAGE, SWARM_NO_MASTER, SWARM_SEVERAL_CLUSTERS, CLUSTER_NOT_FOUND
 */
export function planSwarm(choice: SwarmChoice, members: readonly Member[]): SwarmChoice {
  const { swarm, clusterName } = choice;
  const isMaster = swarm.Master === true;
  if (!isMaster && swarm.Agent !== true) {
    if (clusterName !== "") throw usageError("--swarm-name goes with --swarm or --swarm-master");
    return choice;
  }
  checkSwarmOptions(swarm);
  const clusters = clustersOf(members);
  const named = clusterName === "" ? undefined : clusters.find(({ name }) => name === clusterName);
  if (swarm.Discovery !== undefined && swarm.Discovery !== "") return choice;
  if (isMaster) {
    const discovery = named?.discovery ?? `token://${newClusterId()}`;
    return { swarm: { ...swarm, Discovery: discovery }, clusterName };
  }
  if (clusterName !== "" && named === undefined) {
    const names = clusters.map(({ name }) => name).filter((name) => name !== "");
    throw clusterNotFound(clusterName, names);
  }
  const cluster = named ?? onlyCluster(clusters);
  return { swarm: { ...swarm, Discovery: cluster.discovery }, clusterName: givenName(cluster) };
}

function onlyCluster(clusters: readonly ClusterGroup[]): ClusterGroup {
  const led = clusters.filter(({ masters }) => masters.length > 0);
  const [first, second] = led;
  if (first === undefined) throw noMasterToJoin();
  if (second !== undefined) throw severalClusters(led.map(({ name }) => name));
  return first;
}

/** The name a cluster was given, not the one it takes from its master. */
function givenName(cluster: ClusterGroup): string {
  return cluster.members.find(({ clusterName }) => clusterName !== "")?.clusterName ?? "";
}
