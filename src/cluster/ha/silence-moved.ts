import { messageOf } from "../../kit/errors.ts";
import type { MachineContext } from "../../machine/context.ts";
import { type Machine, withMachine } from "../../machine/machine.ts";
import { advertised, agentName, managerName } from "../containers.ts";
import { swarmPort } from "../discovery-url.ts";
import type { Member } from "../membership.ts";
import type { SwarmEngine } from "../swarm-engine.ts";
import { swarmHost } from "../swarm-host.ts";
import type { SwarmTools } from "../swarm-machine.ts";

/** Long enough for an agent to take its registration back. */
const graceSeconds = 3;

/**
 * Takes away the managers and agents that speak of an address which their machine had before. It may be another machine's by
 * now: a replica would hand requests on to the wrong one, and an agent that signs off later would sign off that machine.
 */
export async function silenceMoved(
  ctx: MachineContext,
  members: readonly Member[],
  tools: SwarmTools,
): Promise<void> {
  const silence = ({ record }: Member) =>
    withMachine(ctx, record, async (machine) => {
      if ((await machine.driver.state()) !== "Running") return;
      await tools.engineOf(machine, (engine) => removeStale(machine, engine));
    }).catch((error: unknown) => {
      ctx.log.debug(`${record.Name}: its swarm containers cannot be asked: ${messageOf(error)}`);
    });
  await Promise.all(members.map(silence));
}

async function removeStale(machine: Machine, engine: SwarmEngine): Promise<void> {
  const { SwarmOptions } = machine.record.HostOptions;
  const { ip, enginePort } = await swarmHost(machine, engine);
  const ports = new Map([
    [managerName, swarmPort(SwarmOptions.Host)],
    [agentName, enginePort],
  ]);
  for (const [name, port] of ports) {
    const present = await engine.inspect(name);
    if (present === undefined) continue;
    const told = present.cmd[present.cmd.indexOf("--advertise") + 1];
    if (told !== advertised(SwarmOptions, ip, port)) await engine.remove(name, graceSeconds);
  }
}
