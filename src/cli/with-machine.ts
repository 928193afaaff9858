import type { Machine } from "../machine/machine.ts";
import type { CommandContext } from "./command.ts";
import { machineName } from "./names.ts";

/** Opens the one machine that the arguments name, and closes it behind `task`. */
export async function withNamedMachine<T>(
  ctx: CommandContext,
  args: readonly string[],
  task: (machine: Machine) => Promise<T>,
): Promise<T> {
  const machines = await ctx.machines();
  const record = await machines.store.get(await machineName(machines.store, args));
  const { withMachine } = await import("../machine/machine.ts");
  return withMachine(machines, record, task);
}
