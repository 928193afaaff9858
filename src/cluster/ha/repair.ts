import { messageOf } from "../../kit/errors.ts";
import type { MachineContext } from "../../machine/context.ts";
import { actOnMachines, type LifecycleHooks } from "../../machine/lifecycle.ts";
import { withMachine } from "../../machine/machine.ts";
import { removeMachines } from "../../machine/remove.ts";
import type { ClusterPlan } from "../cluster-file.ts";
import { missingMachines } from "../create-cluster.ts";
import { type FoundCluster, findCluster } from "../find.ts";
import { healthyLimit, waitUntilHealthy } from "../healthy.ts";
import type { Member } from "../membership.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { withControl } from "./etcd-peers.ts";
import { haClusterId } from "./ha-discovery.ts";
import { recoverEtcd } from "./recover-etcd.ts";
import { refreshMembers } from "./refresh.ts";
import { silenceMoved } from "./silence-moved.ts";

/** What a repair has to make anew. */
export interface Repair {
  readonly plan: ClusterPlan | undefined;
  readonly make: readonly string[];
}

/**
 * The first half of a repair: starts machines that are off, writes down new addresses, forgets those whose host is gone, and
 * takes lost masters out of the cluster's etcd.
 * @returns the planned machines that are missing now
 */
export async function clearLost(
  ctx: MachineContext,
  name: string,
  tools: SwarmTools,
  hooks: LifecycleHooks,
): Promise<Repair> {
  const cluster = await findCluster(ctx.store, name);
  const states = await statesOf(ctx, cluster);
  const having = (wanted: readonly string[]) =>
    [...states].flatMap(([machine, state]) => (wanted.includes(state) ? [machine] : []));
  const gone = having(["NotFound"]);
  const off = having(["Stopped", "Saved", "Paused"]);
  // without hooks: who the masters are is told at the end, to all
  if (off.length > 0) await actOnMachines(ctx, "start", off);
  const moved = await movedOf(ctx, having(["Running"]));
  if (moved.length > 0) await actOnMachines(ctx, "provision", moved);
  await recoverEtcd(ctx, name, tools);
  await silenceMoved(ctx, cluster.group.members, tools);
  if (gone.length > 0) await removeMachines(ctx, gone, { force: true }, hooks);
  const { plan } = cluster;
  const make = plan === undefined ? [] : await missingMachines(ctx, plan);
  await dropMembers(ctx, await findCluster(ctx.store, name), tools);
  return { plan, make };
}

/** The second half: tells all machines who the masters are, and waits until those that run are Healthy. */
export async function tellAll(ctx: MachineContext, name: string, tools: SwarmTools): Promise<void> {
  const { group } = await findCluster(ctx.store, name);
  await refreshMembers(ctx, group.members, tools);
  await Promise.all(group.members.map((member) => untilHealthy(ctx, member, tools)));
}

function untilHealthy(ctx: MachineContext, { record }: Member, tools: SwarmTools): Promise<void> {
  return withMachine(ctx, record, async (machine) => {
    if ((await machine.driver.state()) === "Running")
      await waitUntilHealthy(machine, tools, healthyLimit(machine));
  }).catch((error: unknown) => {
    ctx.report({ type: "warning", machine: record.Name, message: messageOf(error) });
  });
}

async function statesOf(ctx: MachineContext, { group }: FoundCluster): Promise<Map<string, string>> {
  const states = group.members.map(({ record }) =>
    withMachine(
      ctx,
      record,
      async ({ driver }): Promise<[string, string]> => [
        record.Name,
        await driver.state().catch(() => "Error"),
      ],
    ),
  );
  return new Map(await Promise.all(states));
}

/** Running machines whose address is not that of their record; their certificates do not fit it. */
async function movedOf(ctx: MachineContext, names: readonly string[]): Promise<string[]> {
  const moved: string[] = [];
  for (const name of names) {
    const record = await ctx.store.get(name);
    const before = record.Driver.IPAddress;
    const now = await withMachine(ctx, record, ({ driver }) => driver.ip().catch(() => before));
    if (now !== before) moved.push(name);
  }
  return moved;
}

/** Members that are no masters of the store any more. */
async function dropMembers(ctx: MachineContext, cluster: FoundCluster, tools: SwarmTools): Promise<void> {
  if (haClusterId(cluster.discovery) === undefined) return;
  const masters = cluster.group.masters.map(({ record }) => record);
  for (const record of masters) {
    const isDone = await withMachine(ctx, record, async (machine) => {
      if ((await machine.driver.state().catch(() => "Error")) !== "Running") return false;
      return withControl(machine, record, tools, async (control) => {
        const members = await control.members();
        for (const { id, name } of members) {
          if (name !== "" && !masters.some(({ Name }) => Name === name)) await control.remove(id);
        }
        return true;
      }).catch(() => false); // the next one is asked
    });
    if (isDone) return;
  }
}
