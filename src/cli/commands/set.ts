import { AppError, usageError } from "../../kit/errors.ts";
import { actOnMachines } from "../../machine/lifecycle.ts";
import { type Machine, withMachine } from "../../machine/machine.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { confirm } from "../confirm.ts";
import { type Change, planChanges } from "../set-plan.ts";

/** Shows what will change and what that restarts, asks, then changes. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const [name = "", ...words] = args;
  const machines = await ctx.machines();
  const record = await machines.store.get(name);
  const changes = planChanges(record, words);
  if (changes.length === 0) {
    ctx.io.err(`machine "${name}" is like that already\n`);
    return 0;
  }
  await withMachine(machines, record, async (machine) => checkPossible(machine, changes));
  showPlan(ctx, name, changes);
  if (flags.bool("dry-run")) return 0;
  if (!flags.bool("yes") && !(await confirm(ctx.io, "Change it?", "set -y does not ask"))) return 0;
  await apply(ctx, name, words);
  return 0;
};

async function checkPossible({ module, driver, record }: Machine, changes: readonly Change[]): Promise<void> {
  if (changes.some(({ kind }) => kind === "size") && driver.resize === undefined) {
    throw new AppError(
      "NOT_SUPPORTED",
      `the ${record.DriverName} driver cannot change the size of a machine`,
    );
  }
  if (changes.some(({ kind }) => kind !== "size") && !module.features.hasHost) {
    throw new AppError("NOT_SUPPORTED", `machine "${record.Name}" has no host that could be provisioned`);
  }
  if (!changes.some(({ kind }) => kind === "swarm")) return;
  if (!record.HostOptions.SwarmOptions.IsSwarm)
    throw new AppError("NOT_IN_CLUSTER", `"${record.Name}" is in no cluster`);
  const { checkSwarmOptions } = await import("../../cluster/swarm-flags.ts");
  const changed = structuredClone(record);
  for (const change of changes) change.apply(changed);
  checkSwarmOptions(changed.HostOptions.SwarmOptions);
}

function showPlan({ io }: CommandContext, name: string, changes: readonly Change[]): void {
  io.err(`machine "${name}" changes:\n`);
  for (const { key, from, to } of changes)
    io.err(`  ${key}: ${from === "" ? "(none)" : from} → ${to === "" ? "(none)" : to}\n`);
  if (changes.some(({ kind }) => kind === "size")) io.err("the machine is stopped and started again\n");
  if (changes.some(({ kind }) => kind === "engine")) {
    io.err("the engine is configured anew and restarts; containers without a restart policy stop\n");
  }
  if (changes.some(({ kind }) => kind === "swarm"))
    io.err("the containers of the Swarm that this concerns are made anew; all others go on\n");
}

/** Makes the changes, without a plan and a question. */
export async function apply(ctx: CommandContext, name: string, words: readonly string[]): Promise<void> {
  const machines = await ctx.machines();
  const { hooks } = await (await ctx.clusterParts()).actions();
  // the plan again: somebody may have changed the record while the question stood
  const record = await machines.store.get(name);
  const changes = planChanges(record, words);
  const sizes = changes.filter(({ kind }) => kind === "size");
  const state = await withMachine(machines, record, ({ driver }) => driver.state());
  const wasRunning = state === "Running";
  if (sizes.length > 0 && wasRunning) await actOnMachines(machines, "stop", [name], hooks);
  await machines.store.withMachineLock(name, async () => {
    const fresh = await machines.store.get(name);
    await withMachine(machines, fresh, async (machine) => {
      if (sizes.length > 0) await machine.driver.resize?.(sizesOf(sizes));
      for (const change of planChanges(fresh, words)) change.apply(fresh);
      await machine.save();
    });
  });
  if (sizes.length > 0 && wasRunning) await actOnMachines(machines, "start", [name], hooks);
  const isEngine = changes.some(({ kind }) => kind === "engine");
  if (changes.length === sizes.length) return;
  if (!wasRunning) {
    const what = isEngine ? "the engine's" : "the Swarm's";
    ctx.io.err(`${what} options take effect with: machine start ${name} && machine provision ${name}\n`);
  } else if (isEngine) await actOnMachines(machines, "provision", [name], hooks);
  else {
    await machines.store.withMachineLock(name, async () =>
      withMachine(machines, await machines.store.get(name), async (machine) => hooks.provisioned?.(machine)),
    );
  }
}

function sizesOf(changes: readonly Change[]): { cpus?: number; memoryMiB?: number } {
  const sizes: { cpus?: number; memoryMiB?: number } = {};
  for (const { key, to } of changes) {
    const number = Number(to);
    if (!Number.isInteger(number) || number < 1)
      throw usageError(`${key} takes a number from 1 on, not "${to}"`);
    if (key === "cpus") sizes.cpus = number;
    else sizes.memoryMiB = number;
  }
  return sizes;
}
