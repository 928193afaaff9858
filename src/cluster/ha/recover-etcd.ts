import { messageOf } from "../../kit/errors.ts";
import { poll } from "../../kit/retry.ts";
import type { MachineContext } from "../../machine/context.ts";
import { withMachine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import { findCluster } from "../find.ts";
import { swarmHost } from "../swarm-host.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { ensureEtcd } from "./ensure-etcd.ts";
import { etcdBody, etcdName, forceNewCluster, initialOf } from "./etcd-body.ts";
import { EtcdControl } from "./etcd-control.ts";
import { haClusterId } from "./ha-discovery.ts";
import { removeEtcd } from "./remove-etcd.ts";

/** Longer than an election takes on a slow machine whose containers have just been started. */
const settleMs = 30_000;

/** What one master says: its etcd has a majority, has none, there is none on it, or the machine cannot be asked. */
type Answer = "majority" | "alone" | "none" | "unreachable";

/**
 * Brings an etcd back whose members have no majority for good: they have changed their addresses together, or too many hosts
 * are lost. One master goes on alone with the data that it has; the others forget theirs and join it anew. Nothing is done
 * while a master cannot be asked, as it may be one of a majority.
 */
export async function recoverEtcd(ctx: MachineContext, name: string, tools: SwarmTools): Promise<void> {
  const { group, discovery } = await findCluster(ctx.store, name);
  const id = haClusterId(discovery);
  if (id === undefined) return;
  const masters = group.masters.map(({ record }) => record).sort((a, b) => (a.Name < b.Name ? -1 : 1));
  let answers: Answer[] = [];
  const settled = await poll(
    async () => {
      answers = await Promise.all(masters.map((record) => ask(ctx, record, tools)));
      return answers.includes("majority") || !answers.includes("alone") ? true : undefined;
    },
    {
      clock: ctx.clock,
      timeoutMs: settleMs,
      intervalMs: 500,
      maxIntervalMs: 3_000,
      ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
    },
  );
  if (settled !== undefined) return;
  const having = (wanted: Answer) => masters.filter((_, index) => answers[index] === wanted);
  const silent = having("unreachable").map((record) => record.Name);
  if (silent.length > 0) {
    const message = `the masters of "${name}" have no majority, and ${silent.join(", ")} cannot be asked: mend or remove it, then: machine cluster repair ${name}`;
    ctx.report({ type: "warning", message });
    return;
  }
  const [keeper, ...others] = having("alone");
  if (keeper === undefined) return;
  const message = `the masters of "${name}" have lost each other: their etcd goes on from the one on ${keeper.Name}`;
  ctx.report({ type: "warning", message });
  await goOnAlone(ctx, keeper, id, tools);
  for (const record of others) {
    await withMachine(ctx, record, (machine) => tools.engineOf(machine, removeEtcd));
  }
}

function ask(ctx: MachineContext, record: HostRecord, tools: SwarmTools): Promise<Answer> {
  return withMachine(ctx, record, async (machine) => {
    const state = await machine.driver.state();
    if (state !== "Running") return state === "NotFound" ? "none" : "unreachable";
    return tools.engineOf(machine, async (engine): Promise<Answer> => {
      const present = await engine.inspect(etcdName);
      if (present === undefined) return "none";
      const control = new EtcdControl(engine, await swarmHost(machine, engine));
      return control.members().then(
        () => "majority",
        () => "alone",
      );
    });
  }).catch((error: unknown) => {
    ctx.log.debug(`${record.Name}: its etcd cannot be asked: ${messageOf(error)}`);
    return "unreachable";
  });
}

/** Makes a master the only member; its data stay. Source: etcd's manual, "Disaster recovery", --force-new-cluster. */
function goOnAlone(ctx: MachineContext, record: HostRecord, id: string, tools: SwarmTools): Promise<void> {
  return withMachine(ctx, record, (machine) =>
    tools.engineOf(machine, async (engine) => {
      const present = await engine.inspect(etcdName);
      if (present === undefined) return;
      const host = await swarmHost(machine, engine);
      const body = etcdBody(machine.name, id, host, present.image, initialOf(present.env));
      body.Env.push(forceNewCluster);
      await engine.remove(etcdName);
      await engine.create(etcdName, body);
      await engine.start(etcdName);
      const control = new EtcdControl(engine, host);
      await poll(
        () =>
          control.members().then(
            () => true,
            () => undefined,
          ),
        { clock: ctx.clock, timeoutMs: settleMs, intervalMs: 200, maxIntervalMs: 1_000 },
      );
      // once more without the order to begin alone; it fails with the reason where the above did not come about
      await ensureEtcd(machine, engine, host, id, tools);
    }),
  );
}
