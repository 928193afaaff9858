import type { MachineContext } from "../../machine/context.ts";
import { type Machine, withMachine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import { readPlan, writePlan } from "../cluster-file.ts";
import { bareTokenId } from "../discovery-url.ts";
import { cannotJoin, lastMaster, notInCluster } from "../errors.ts";
import { allClusters, type FoundCluster } from "../find.ts";
import { waitUntilHealthy } from "../healthy.ts";
import type { Member } from "../membership.ts";
import { configureSwarm, type SwarmTools } from "../swarm-machine.ts";
import { fewMasters, hasNoOwnEtcd } from "./errors.ts";
import { haClusterId, haDiscovery } from "./ha-discovery.ts";
import { moveToEtcd } from "./move-to-etcd.ts";
import { refreshMembers } from "./refresh.ts";
import { takeMemberOut } from "./take-out.ts";

const healthyMs = 120_000;

/**
 * Makes a node a master; the first one moves a cluster from its master's token service to an etcd of the masters. User
 * containers go on running. Interrupted, the same call finishes it.
 * @throws NOT_IN_CLUSTER, CANNOT_JOIN, NO_OWN_ETCD, ETCD_NOT_READY
 */
export function promoteMachine(ctx: MachineContext, name: string, tools: SwarmTools): Promise<void> {
  return ctx.store.withLock("cluster-masters", async () => {
    const cluster = await clusterOf(ctx, name);
    const id = haClusterId(cluster.discovery) ?? bareTokenId(cluster.discovery);
    if (id === undefined) throw hasNoOwnEtcd(cluster.name);
    await withMachine(ctx, await ctx.store.get(name), async (machine) => {
      await requireRunning(machine);
      const old = cluster.group.masters.find(({ record }) => record.Name !== name);
      const isMoving = cluster.group.members.some(
        ({ record }) => haClusterId(record.HostOptions.SwarmOptions.Discovery) === undefined,
      );
      if (isMoving && old !== undefined) await moveToEtcd(ctx, old.record, id, tools);
      const { SwarmOptions } = machine.record.HostOptions;
      machine.record.HostOptions.SwarmOptions = {
        ...SwarmOptions,
        Master: true,
        Discovery: haDiscovery(id),
      };
      await machine.driver.ip();
      await machine.save();
      await writeRoles(ctx, cluster, id);
      await configureSwarm(machine, tools);
      await waitUntilHealthy(machine, tools, healthyMs);
    });
    await refreshMembers(ctx, othersOf(await clusterOf(ctx, name), name), tools);
    warnOfFew(ctx, await clusterOf(ctx, name));
  });
}

/**
 * Makes a master a node. The cluster keeps its etcd, also with one master.
 * @throws NOT_IN_CLUSTER, LAST_MASTER, CANNOT_JOIN
 */
export function demoteMachine(ctx: MachineContext, name: string, tools: SwarmTools): Promise<void> {
  return ctx.store.withLock("cluster-masters", async () => {
    const cluster = await clusterOf(ctx, name);
    const others = othersOf(cluster, name);
    const masters = others.filter(({ record }) => record.HostOptions.SwarmOptions.Master);
    if (masters.length === 0) throw lastMaster(name, cluster.name);
    const id = haClusterId(cluster.discovery);
    await withMachine(ctx, await ctx.store.get(name), async (machine) => {
      await requireRunning(machine);
      const { SwarmOptions } = machine.record.HostOptions;
      machine.record.HostOptions.SwarmOptions = { ...SwarmOptions, Master: false, Agent: true };
      await machine.save();
      if (id !== undefined) await writeRoles(ctx, cluster, id);
      await refreshMembers(ctx, others, tools);
      if (id !== undefined && !(await takeMemberOut(machine, tools))) {
        const message = `it is still counted in the etcd of its cluster, as no other master answers; once they do: machine cluster repair ${cluster.name}`;
        ctx.report({ type: "warning", machine: name, message });
      }
      await configureSwarm(machine, tools);
      await waitUntilHealthy(machine, tools, healthyMs);
    });
    warnOfFew(ctx, await clusterOf(ctx, name));
  });
}

async function clusterOf(ctx: MachineContext, name: string): Promise<FoundCluster> {
  await ctx.store.get(name);
  const found = (await allClusters(ctx.store)).find(({ group }) =>
    group.members.some(({ record }) => record.Name === name),
  );
  if (found === undefined) throw notInCluster(name);
  return found;
}

const othersOf = ({ group }: FoundCluster, name: string): Member[] =>
  group.members.filter(({ record }) => record.Name !== name);

async function requireRunning(machine: Machine): Promise<void> {
  if (!machine.module.features.hasHost) throw cannotJoin(machine.name, "it is a URL alone, without a host");
  const state = await machine.driver.state();
  if (state !== "Running") throw cannotJoin(machine.name, `it is not running (${state || "unknown"})`);
}

/** The plan of a cluster that was made as one says who its masters are. */
async function writeRoles(ctx: MachineContext, cluster: FoundCluster, id: string): Promise<void> {
  const plan = await readPlan(ctx.store, cluster.name);
  if (plan === undefined) return;
  const records = (await ctx.store.loadAll()).flatMap(({ record }) => (record === undefined ? [] : [record]));
  const isMaster = (name: string) => {
    const known = records.find((record: HostRecord) => record.Name === name);
    return known === undefined ? plan.masters.includes(name) : known.HostOptions.SwarmOptions.Master;
  };
  const planned = [...plan.masters, ...plan.nodes];
  await writePlan(ctx.store, {
    ...plan,
    discovery: haDiscovery(id),
    masters: planned.filter(isMaster),
    nodes: planned.filter((name) => !isMaster(name)),
  });
}

function warnOfFew(ctx: MachineContext, { group }: FoundCluster): void {
  const message = fewMasters(group.masters.length);
  if (message !== undefined) ctx.report({ type: "warning", message });
}
