import { messageOf } from "../../kit/errors.ts";
import { poll } from "../../kit/retry.ts";
import type { MachineContext } from "../../machine/context.ts";
import { type Machine, withMachine } from "../../machine/machine.ts";
import { askManager } from "../healthy.ts";
import type { Member } from "../membership.ts";
import { configureSwarm, type SwarmTools } from "../swarm-machine.ts";

const managerMs = 60_000;

/**
 * Tells the running machines of a cluster who its masters are now: agents at once, managers one after the other, each as soon
 * as the one before answers, so that there always is one. What cannot be told is a warning.
 */
export async function refreshMembers(
  ctx: MachineContext,
  members: readonly Member[],
  tools: SwarmTools,
): Promise<void> {
  const isMaster = ({ record }: Member) => record.HostOptions.SwarmOptions.Master;
  await Promise.all(members.filter((one) => !isMaster(one)).map((one) => tell(ctx, one, tools)));
  for (const master of members.filter(isMaster)) await tell(ctx, master, tools);
}

function tell(ctx: MachineContext, { record }: Member, tools: SwarmTools): Promise<void> {
  return withMachine(ctx, record, async (machine) => {
    try {
      if ((await machine.driver.state()) !== "Running") return;
      const changed = await configureSwarm(machine, tools);
      if (changed && record.HostOptions.SwarmOptions.Master) await untilManagerAnswers(machine, tools);
    } catch (error) {
      ctx.report({
        type: "warning",
        machine: record.Name,
        message: `it could not be told who the masters are now: ${messageOf(error)}`,
      });
    }
  });
}

/** Waits until the manager of a machine answers and knows a primary; gives up silently, as the caller goes on in any case. */
export async function untilManagerAnswers(machine: Machine, tools: SwarmTools): Promise<void> {
  const { clock, signal } = machine.ctx;
  const ask = async () => {
    try {
      return (await askManager(machine, tools)).nodes.length > 0 ? true : undefined;
    } catch {
      return undefined; // it starts, or waits for an election
    }
  };
  const limits = { clock, timeoutMs: managerMs, intervalMs: 200, maxIntervalMs: 1_000 };
  await poll(ask, { ...limits, ...(signal === undefined ? {} : { signal }) });
}
