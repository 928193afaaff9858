import type { Connection } from "../machine/connection.ts";
import { notSwarmMaster } from "../machine/errors.ts";
import type { CommandContext } from "./command.ts";
import { machineName } from "./names.ts";

/**
 * How to reach the machine that is named, after a real request over TLS was answered. A cluster with several masters is
 * reached through any that works; when none does, the first one's error tells why.
 */
export async function verifiedConnection(
  ctx: CommandContext,
  args: readonly string[],
  swarm: boolean,
): Promise<Connection> {
  const machines = await ctx.machines();
  const { connectionOf } = await import("../machine/connection.ts");
  if (!swarm) return connectionOf(machines, await machineName(machines.store, args));
  const { view, mastersNamed } = await ctx.clusterParts();
  const name = args[0] ?? (await machineName(machines.store, args));
  const errors: unknown[] = [];
  for (const master of await mastersNamed(name)) {
    try {
      return await connectionOf(machines, master, { swarm: view });
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0] ?? notSwarmMaster(name);
}
