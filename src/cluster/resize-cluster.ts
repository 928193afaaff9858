import { AppError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import type { ClusterPlan } from "./cluster-file.ts";
import { moreNodes } from "./create-cluster.ts";
import { type FoundCluster, findCluster } from "./find.ts";
import { readClusterNote } from "./side-file.ts";

export interface Scaling {
  readonly plan: ClusterPlan;
  /** Names of nodes to make. */
  readonly add: readonly string[];
  /** Names of nodes to remove: those with the highest numbers. */
  readonly remove: readonly string[];
}

/** What has to be done so that the cluster has `count` planned nodes. Machines that joined by themselves do not count. */
export async function planScaling(ctx: MachineContext, name: string, count: number): Promise<Scaling> {
  const cluster = await findCluster(ctx.store, name);
  const plan = cluster.plan ?? planOf(cluster);
  if (count >= plan.nodes.length) {
    const taken = await ctx.store.names();
    const nodes = moreNodes(plan, count, taken);
    const add = nodes.filter((node) => !plan.nodes.includes(node) || !taken.includes(node));
    return { plan: { ...plan, nodes }, add, remove: [] };
  }
  const sorted = [...plan.nodes].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const remove = sorted.slice(count);
  return { plan: { ...plan, nodes: plan.nodes.filter((node) => !remove.includes(node)) }, add: [], remove };
}

/** The plan of a cluster after these nodes of it were removed. */
export async function planWithout(
  ctx: MachineContext,
  name: string,
  gone: readonly string[],
): Promise<ClusterPlan> {
  const cluster = await findCluster(ctx.store, name);
  const plan = cluster.plan ?? planOf(cluster);
  return { ...plan, nodes: plan.nodes.filter((node) => !gone.includes(node)) };
}

/**
 * A cluster that was made machine by machine, as if it had been planned.
 * @throws CLUSTER_WITHOUT_MASTER
 */
export function planOf(cluster: FoundCluster): ClusterPlan {
  const [first] = cluster.group.masters;
  if (first === undefined) {
    throw new AppError("CLUSTER_WITHOUT_MASTER", `the cluster "${cluster.name}" has no master`);
  }
  const names = cluster.group.members.map(({ record }) => record.Name);
  const masters = cluster.group.masters.map(({ record }) => record.Name);
  return {
    version: 1,
    name: cluster.name,
    discovery: cluster.discovery,
    masters,
    nodes: names.filter((name) => !masters.includes(name)),
    driver: first.record.DriverName,
    options: {},
  };
}

/** How the machines of a cluster end: those made for it are removed, those that joined leave. */
export async function endOfCluster(
  ctx: MachineContext,
  name: string,
): Promise<{ remove: string[]; leave: string[] }> {
  const cluster = await findCluster(ctx.store, name);
  const remove = new Set<string>();
  const leave = new Set<string>();
  for (const { record } of cluster.group.members) {
    const { joined } = await readClusterNote(ctx.store, record.Name);
    (joined ? leave : remove).add(record.Name);
  }
  // an interrupted create may have left machines that are in no group yet
  for (const planned of [...(cluster.plan?.masters ?? []), ...(cluster.plan?.nodes ?? [])]) {
    if (!leave.has(planned) && (await ctx.store.exists(planned))) remove.add(planned);
  }
  return { remove: [...remove], leave: [...leave] };
}
