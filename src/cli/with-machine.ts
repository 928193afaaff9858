import type { Machine } from "../machine/machine.ts";
import type { CommandContext } from "./command.ts";
import { machineName } from "./names.ts";

/** Opens the one machine that the arguments name, and closes it behind `task`. */
export async function withMachine<T>(
  ctx: CommandContext,
  args: readonly string[],
  task: (machine: Machine) => Promise<T>,
): Promise<T> {
  const machines = await ctx.machines();
  const name = await machineName(machines.store, args);
  const record = await machines.store.get(name);
  const { openMachine } = await import("../machine/machine.ts");
  const machine = await openMachine(machines, record);
  try {
    return await task(machine);
  } finally {
    await machine.close();
  }
}
