import type { LifecycleAction } from "../machine/lifecycle.ts";
import type { CommandContext } from "./command.ts";
import { machineNames } from "./names.ts";

/** What may be set for one action. */
export interface ActOptions {
  readonly clientCerts?: boolean;
  readonly stopTimeoutMs?: number;
  /** What a person reads when all went well. */
  readonly note?: string;
}

/** Does one action to the machines that are named, all at once. */
export async function act(
  ctx: CommandContext,
  action: LifecycleAction,
  args: readonly string[],
  { note, ...options }: ActOptions = {},
): Promise<number> {
  const machines = await ctx.machines();
  const names = await machineNames(machines.store, args);
  const [{ actOnMachines }, { hooks }] = await Promise.all([
    import("../machine/lifecycle.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  try {
    await actOnMachines(machines, action, names, hooks, options);
  } finally {
    await ctx.progress.end();
  }
  if (note !== undefined) ctx.progress.report({ type: "info", message: note });
  return 0;
}

/** Said after a machine came up: its address may be another one. */
export const addressNote =
  "started machines may have new addresses; shells that use them may need machine env again";
