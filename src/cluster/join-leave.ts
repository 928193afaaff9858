import type { MachineContext } from "../machine/context.ts";
import { type Machine, withMachine } from "../machine/machine.ts";
import type { HostRecord, SwarmOptions } from "../store/record.ts";
import { readPlan, writePlan } from "./cluster-file.ts";
import { alreadyInCluster, cannotJoin, lastMaster, notInCluster } from "./errors.ts";
import { type FoundCluster, findCluster } from "./find.ts";
import { demoteMachine } from "./ha/change-masters.ts";
import { haClusterId } from "./ha/ha-discovery.ts";
import { healthyLimit, waitUntilHealthy } from "./healthy.ts";
import { clusterKey, clustersOf } from "./membership.ts";
import { renewCertificateInPlace } from "./renew-certificate.ts";
import { allMembers, removeClusterNote, writeClusterNote } from "./side-file.ts";
import { configureSwarm, defaultSwarmImage, type SwarmTools } from "./swarm-machine.ts";

/** Makes a running machine of any driver a node of a cluster; its own containers and its engine go on running. */
export async function joinCluster(
  ctx: MachineContext,
  clusterName: string,
  machineName: string,
  tools: SwarmTools,
): Promise<void> {
  const cluster = await findCluster(ctx.store, clusterName);
  const record = await ctx.store.get(machineName);
  if (record.HostOptions.SwarmOptions.IsSwarm) {
    throw alreadyInCluster(machineName, await nameOf(ctx, record));
  }
  await withMachine(ctx, record, async (machine) => {
    await requireUsable(machine);
    record.HostOptions.SwarmOptions = { ...asNode(record, cluster), Agent: true };
    try {
      await renewCertificateInPlace(machine);
      await writeClusterNote(ctx.store, machineName, { cluster: cluster.name, joined: true });
      await machine.save();
      await configureSwarm(machine, tools);
      await waitUntilHealthy(machine, tools, healthyLimit(machine));
    } catch (error) {
      // what does not become a node goes back to what it was
      await leaveQuietly(machine, tools);
      throw error;
    }
  });
}

/** Takes a machine out of its cluster; it stays, with the containers of its own. */
export async function leaveCluster(
  ctx: MachineContext,
  machineName: string,
  tools: SwarmTools,
): Promise<void> {
  const record = await ctx.store.get(machineName);
  if (!record.HostOptions.SwarmOptions.IsSwarm) throw notInCluster(machineName);
  const group = clustersOf(await allMembers(ctx.store)).find(
    ({ discovery }) => clusterKey(discovery) === clusterKey(record.HostOptions.SwarmOptions.Discovery),
  );
  const others = (group?.members ?? []).filter((member) => member.record.Name !== machineName);
  const otherMasters = others.filter((member) => member.record.HostOptions.SwarmOptions.Master);
  if (record.HostOptions.SwarmOptions.Master && others.length > 0 && otherMasters.length === 0) {
    throw lastMaster(machineName, group?.name ?? "");
  }
  const isOwnEtcd = haClusterId(record.HostOptions.SwarmOptions.Discovery) !== undefined;
  if (record.HostOptions.SwarmOptions.Master && isOwnEtcd && others.length > 0) {
    await demoteMachine(ctx, machineName, tools);
  }
  await withMachine(ctx, await ctx.store.get(machineName), async (machine) => {
    if ((await machine.driver.state()) !== "Running") {
      throw cannotJoin(
        machineName,
        "it is not running, so its containers cannot be taken away; start it first",
      );
    }
    await leave(machine, tools);
  });
  await forgetPlanned(ctx, group?.name ?? "", machineName);
}

/** A machine that went is not missed. */
async function forgetPlanned(ctx: MachineContext, cluster: string, machine: string): Promise<void> {
  const plan = cluster === "" ? undefined : await readPlan(ctx.store, cluster);
  if (plan === undefined) return;
  const stays = (name: string) => name !== machine;
  await writePlan(ctx.store, {
    ...plan,
    masters: plan.masters.filter(stays),
    nodes: plan.nodes.filter(stays),
  });
}

async function leave(machine: Machine, tools: SwarmTools): Promise<void> {
  machine.record.HostOptions.SwarmOptions = outside(machine.record.HostOptions.SwarmOptions);
  await configureSwarm(machine, tools);
  await removeClusterNote(machine.ctx.store, machine.name);
  await machine.save();
}

async function leaveQuietly(machine: Machine, tools: SwarmTools): Promise<void> {
  try {
    await leave(machine, tools);
  } catch (error) {
    machine.ctx.log.debug(`${machine.name}: could not be taken out again: ${String(error)}`);
    machine.record.HostOptions.SwarmOptions = outside(machine.record.HostOptions.SwarmOptions);
    await machine.save();
  }
}

async function requireUsable(machine: Machine): Promise<void> {
  if (!machine.module.features.hasHost)
    throw cannotJoin(machine.name, "it is a URL alone, without a host to log in to");
  const state = await machine.driver.state();
  if (state !== "Running") throw cannotJoin(machine.name, `it is not running (${state || "unknown"})`);
}

async function nameOf(ctx: MachineContext, record: HostRecord): Promise<string> {
  const groups = clustersOf(await allMembers(ctx.store));
  return groups.find(({ members }) => members.some((one) => one.record.Name === record.Name))?.name ?? "";
}

/** Swarm options of a new node: those of the cluster's master where the machine has none of its own. */
function asNode(record: HostRecord, cluster: FoundCluster): SwarmOptions {
  const own = record.HostOptions.SwarmOptions;
  const master = cluster.group.masters[0]?.record.HostOptions.SwarmOptions;
  return {
    ...own,
    IsSwarm: true,
    Agent: true,
    Master: false,
    Discovery: cluster.discovery,
    Image: own.Image || (master?.Image ?? defaultSwarmImage),
    Strategy: master?.Strategy ?? (own.Strategy || "spread"),
    Host: master?.Host ?? (own.Host || "tcp://0.0.0.0:3376"),
  };
}

function outside(own: SwarmOptions): SwarmOptions {
  return { ...own, IsSwarm: false, Agent: false, Master: false, Discovery: "" };
}
