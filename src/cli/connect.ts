import type { Connection } from "../machine/connection.ts";
import type { CommandContext } from "./command.ts";
import { machineName } from "./names.ts";

/** How to reach the machine that is named, after a real request over TLS was answered. */
export async function verifiedConnection(
  ctx: CommandContext,
  args: readonly string[],
  swarm: boolean,
): Promise<Connection> {
  const machines = await ctx.machines();
  const name = await machineName(machines.store, args);
  const { connectionOf } = await import("../machine/connection.ts");
  return connectionOf(machines, name, swarm ? { swarm: (await ctx.clusterParts()).view } : {});
}
