import { messageOf } from "../../kit/errors.ts";
import type { MachineContext } from "../../machine/context.ts";
import { withMachine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import { askManager } from "../healthy.ts";
import { clusterKey } from "../membership.ts";
import { swarmHost } from "../swarm-host.ts";
import { configureSwarm, type SwarmTools } from "../swarm-machine.ts";
import { ensureEtcd } from "./ensure-etcd.ts";
import { EtcdControl } from "./etcd-control.ts";
import { haDiscovery, nodeKey } from "./ha-discovery.ts";
import { untilManagerAnswers } from "./refresh.ts";

/** As long as an agent's registration lives; by then its agent has told etcd by itself. */
const registrationSeconds = 180;

/**
 * Moves a cluster of one master from the token service in its manager to an etcd on it. The engines that the manager knows
 * are put into etcd first, so that the manager which comes after it knows them from its first moment.
 */
export async function moveToEtcd(
  ctx: MachineContext,
  master: HostRecord,
  id: string,
  tools: SwarmTools,
): Promise<void> {
  await withMachine(ctx, master, async (machine) => {
    const known = await askManager(machine, tools)
      .then(({ nodes }) => nodes.map(({ addr }) => addr))
      .catch((error: unknown) => {
        ctx.log.debug(`${master.Name}: its manager does not say which engines it knows: ${messageOf(error)}`);
        return [];
      });
    await tools.engineOf(machine, async (engine) => {
      const host = await swarmHost(machine, engine);
      await ensureEtcd(machine, engine, host, id, tools);
      const entries = new Map(known.map((address) => [nodeKey(id, address), address]));
      await new EtcdControl(engine, host).putForAWhile(entries, registrationSeconds);
    });
    await writeDiscovery(ctx, id);
    machine.record.HostOptions.SwarmOptions = (await ctx.store.get(master.Name)).HostOptions.SwarmOptions;
    await configureSwarm(machine, tools);
    await untilManagerAnswers(machine, tools);
  });
}

async function writeDiscovery(ctx: MachineContext, id: string): Promise<void> {
  for (const { record } of await ctx.store.loadAll()) {
    const swarm = record?.HostOptions.SwarmOptions;
    if (record === undefined || swarm === undefined || !swarm.IsSwarm) continue;
    if (clusterKey(swarm.Discovery) !== id || swarm.Discovery === haDiscovery(id)) continue;
    record.HostOptions.SwarmOptions = { ...swarm, Discovery: haDiscovery(id) };
    await ctx.store.save(record);
  }
}
