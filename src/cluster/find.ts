import type { Store } from "../store/store.ts";
import { type ClusterPlan, plannedClusters, readPlan } from "./cluster-file.ts";
import { clusterNotFound } from "./errors.ts";
import { type ClusterGroup, clusterKey, clustersOf } from "./membership.ts";
import { allMembers } from "./side-file.ts";

/** A cluster as the store has it: its machines, and the plan where it was made as one. */
export interface FoundCluster {
  readonly name: string;
  readonly discovery: string;
  readonly group: ClusterGroup;
  readonly plan: ClusterPlan | undefined;
}

/** All clusters of the store, planned ones without any machine too, by name. */
export async function allClusters(store: Store): Promise<FoundCluster[]> {
  const groups = clustersOf(await allMembers(store));
  const found: FoundCluster[] = [];
  for (const name of await plannedClusters(store)) {
    const plan = await readPlan(store, name);
    if (plan === undefined) continue;
    const group = groups.find(({ discovery }) => clusterKey(discovery) === clusterKey(plan.discovery));
    found.push({
      name,
      discovery: group?.discovery ?? plan.discovery,
      plan,
      group: group ?? { name, discovery: plan.discovery, masters: [], members: [] },
    });
  }
  const isFound = (group: ClusterGroup) =>
    found.some(({ discovery }) => clusterKey(discovery) === clusterKey(group.discovery));
  for (const group of groups) {
    if (group.name === "" || isFound(group)) continue;
    found.push({ name: group.name, discovery: group.discovery, group, plan: undefined });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws CLUSTER_NOT_FOUND with the names there are */
export async function findCluster(store: Store, name: string): Promise<FoundCluster> {
  const clusters = await allClusters(store);
  const found = clusters.find((one) => one.name === name);
  if (found === undefined) {
    throw clusterNotFound(
      name,
      clusters.map((one) => one.name),
    );
  }
  return found;
}
