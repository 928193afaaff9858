import type { FoundCluster } from "../../cluster/find.ts";
import type { promoteMachine } from "../../cluster/ha/change-masters.ts";
import type { FlagValues } from "../../driver/flags.ts";
import { messageOf, usageError } from "../../kit/errors.ts";
import type { LifecycleHooks } from "../../machine/lifecycle.ts";
import { columns } from "../columns.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { confirm } from "../confirm.ts";
import { chosenDriver } from "../create-flags.ts";
import { checkMachineFlags, furtherFlags, keptOptions, makeMachines, reading } from "../make-cluster.ts";
import { programName } from "../names.ts";
import { pool } from "../pool.ts";
import { joinOutcomes, withHint } from "../together.ts";

type Run = CommandModule["run"];

/** `cluster create`: plans the cluster and makes its machines side by side; again, it goes on where it was. */
export const create: Run = async (ctx, [name = ""], flags) => {
  const machines = await ctx.machines();
  const { planCluster, missingMachines, forgetUnmade, settleOthers } = await import(
    "../../cluster/create-cluster.ts"
  );
  const { driver } = await chosenDriver(machines, flags.string("driver"));
  await checkMachineFlags(ctx, name, driver, flags);
  const plan = await planCluster(machines, {
    name,
    masters: flags.int("masters"),
    nodes: flags.int("nodes"),
    driver: driver.name,
    discovery: flags.string("swarm-discovery"),
    options: keptOptions(driver, flags),
  });
  const missing = await missingMachines(machines, plan);
  try {
    await makeMachines(ctx, plan, missing, flags);
  } catch (error) {
    if (await forgetUnmade(machines, plan)) throw error;
    throw withHint(error, "machine cluster create with the same arguments makes what is missing");
  }
  await settleOthers(machines, plan, missing, (await (await ctx.clusterParts()).actions()).tools);
  await ready(ctx, plan.name);
  return 0;
};

async function ready(ctx: CommandContext, name: string): Promise<void> {
  await ctx.progress.end();
  const program = programName(ctx.io);
  ctx.io.err(`To point docker to the cluster, run: ${program} cluster env ${name}\n`);
}

/** `cluster ls`. */
export const list: Run = async (ctx, _args, flags) => {
  const statuses = await Promise.all((await clusters(ctx)).map((one) => statusOf(ctx, one)));
  await ctx.progress.end();
  if (flags.bool("json")) {
    ctx.io.out(`${JSON.stringify(statuses, null, 4)}\n`);
    return 0;
  }
  const rows = statuses.map((status) => {
    const count = (role: string) => String(status.members.filter((member) => member.role === role).length);
    return [status.name, status.state, count("master"), count("node"), status.endpoint];
  });
  const names = flags.bool("quiet") ? rows.map(([name = ""]) => `${name}\n`).join("") : undefined;
  ctx.io.out(names ?? columns([["NAME", "STATE", "MASTERS", "NODES", "ENDPOINT"], ...rows]));
  return 0;
};

async function clusters(ctx: CommandContext): Promise<FoundCluster[]> {
  const { allClusters } = await import("../../cluster/find.ts");
  return allClusters((await ctx.machines()).store);
}

async function statusOf(ctx: CommandContext, cluster: FoundCluster) {
  const [{ clusterStatus }, { tools }] = await Promise.all([
    import("../../cluster/status.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  return clusterStatus(await ctx.machines(), cluster, tools);
}

/** `cluster inspect`: JSON of one cluster. */
export const inspect: Run = async (ctx, [name = ""]) => {
  const { findCluster } = await import("../../cluster/find.ts");
  const status = await statusOf(ctx, await findCluster((await ctx.machines()).store, name));
  await ctx.progress.end();
  ctx.io.out(`${JSON.stringify(status, null, 4)}\n`);
  return 0;
};

/** `cluster scale`: makes or removes nodes until there are as many as asked. */
export const scale: Run = async (ctx, [name = ""], flags) => {
  const count = flags.int("nodes");
  if (!flags.isSet("nodes") || count < 0)
    throw usageError("--nodes says how many nodes the cluster is to have");
  await scaleTo(ctx, name, count, flags);
  await ready(ctx, name);
  return 0;
};

export async function scaleTo(
  ctx: CommandContext,
  name: string,
  count: number,
  flags: FlagValues,
): Promise<void> {
  const machines = await ctx.machines();
  const [{ planScaling }, { writePlan }] = await Promise.all([
    import("../../cluster/resize-cluster.ts"),
    import("../../cluster/cluster-file.ts"),
  ]);
  const { plan, add, remove } = await planScaling(machines, name, count);
  const { driver, values } = await furtherFlags(ctx, plan, flags);
  await checkMachineFlags(ctx, name, driver, values);
  await writePlan(machines.store, plan);
  await makeMachines(ctx, plan, add, values);
  const { hooks } = await (await ctx.clusterParts()).actions();
  await removeAll(ctx, remove, false, hooks);
}

/** Removes nodes of a cluster that are named. */
export async function removeNodes(
  ctx: CommandContext,
  name: string,
  names: readonly string[],
): Promise<void> {
  const machines = await ctx.machines();
  const [{ planWithout }, { writePlan }] = await Promise.all([
    import("../../cluster/resize-cluster.ts"),
    import("../../cluster/cluster-file.ts"),
  ]);
  await writePlan(machines.store, await planWithout(machines, name, names));
  const { hooks } = await (await ctx.clusterParts()).actions();
  await removeAll(ctx, names, false, hooks);
}

/** `cluster join`: running machines become nodes of a cluster, or masters. */
export const join: Run = async (ctx, [name = "", ...names], flags) => {
  const machines = await ctx.machines();
  const [{ joinCluster }, { tools }] = await Promise.all([
    import("../../cluster/join-leave.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  await each(ctx, names, (machine) => joinCluster(machines, name, machine, tools));
  if (flags.bool("master")) return promote(ctx, names, flags);
  return 0;
};

/** `cluster promote`: nodes become masters, one after the other. */
export const promote: Run = async (ctx, names) => {
  const { promoteMachine } = await import("../../cluster/ha/change-masters.ts");
  return inTurn(ctx, names, promoteMachine);
};

/** `cluster demote`: masters become nodes. */
export const demote: Run = async (ctx, names) => {
  const { demoteMachine } = await import("../../cluster/ha/change-masters.ts");
  return inTurn(ctx, names, demoteMachine);
};

async function inTurn(
  ctx: CommandContext,
  names: readonly string[],
  task: typeof promoteMachine,
): Promise<number> {
  const machines = await ctx.machines();
  const { tools } = await (await ctx.clusterParts()).actions();
  for (const name of new Set(names)) await task(machines, name, tools);
  await ctx.progress.end();
  return 0;
}

/** `cluster repair`: starts what is off, makes lost machines anew, and tells all who the masters are. */
export const repair: Run = async (ctx, [name = ""], flags) => {
  const machines = await ctx.machines();
  const [{ clearLost, tellAll }, { tools, hooks }] = await Promise.all([
    import("../../cluster/ha/repair.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  const { plan, make } = await clearLost(machines, name, tools, hooks);
  if (plan !== undefined) await makeMachines(ctx, plan, make, (await furtherFlags(ctx, plan, flags)).values);
  await tellAll(machines, name, tools);
  await ready(ctx, name);
  return 0;
};

/** `cluster leave`: machines go out of their clusters and stay. */
export const leave: Run = async (ctx, names) => {
  const machines = await ctx.machines();
  const [{ leaveCluster }, { tools }] = await Promise.all([
    import("../../cluster/join-leave.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  for (const machine of new Set(names)) await leaveCluster(machines, machine, tools);
  await ctx.progress.end();
  return 0;
};

async function each(
  ctx: CommandContext,
  names: readonly string[],
  task: (name: string) => Promise<void>,
): Promise<void> {
  const outcomes = await pool([...new Set(names)], 4, task);
  await ctx.progress.end();
  const errors = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (errors.length > 0) throw joinOutcomes(errors);
}

/** `cluster rm`: removes the machines that were made for it; machines that joined leave it. */
export const remove: Run = async (ctx, names, flags) => {
  const machines = await ctx.machines();
  const [{ endOfCluster }, { removePlan }, { leaveCluster }, { tools }] = await Promise.all([
    import("../../cluster/resize-cluster.ts"),
    import("../../cluster/cluster-file.ts"),
    import("../../cluster/join-leave.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  const ends = await Promise.all(names.map((name) => endOfCluster(machines, name)));
  const going = ends.flatMap((end) => end.remove);
  const force = flags.bool("force");
  if (!force && !flags.bool("yes")) {
    ctx.io.err(`About to remove ${going.join(", ") || "no machine"}\n`);
    if (!(await confirm(ctx.io, "Are you sure?", "cluster rm -y does not ask"))) return 0;
  }
  for (const machine of ends.flatMap((end) => end.leave)) {
    await leaveCluster(machines, machine, tools).catch((error: unknown) => {
      ctx.progress.report({ type: "warning", machine, message: messageOf(error) });
    });
  }
  // all goes at once: nobody is left to be told
  await removeAll(ctx, going, force, {});
  for (const name of names) await removePlan(machines.store, name);
  await ctx.progress.end();
  return 0;
};

async function removeAll(
  ctx: CommandContext,
  names: readonly string[],
  force: boolean,
  hooks: LifecycleHooks,
): Promise<void> {
  if (names.length === 0) return;
  const machines = await ctx.machines();
  const { removeMachines } = await import("../../machine/remove.ts");
  const errors = await removeMachines(machines, names, { force }, hooks);
  for (const error of errors) ctx.progress.report({ type: "warning", message: messageOf(error) });
}

/** `cluster env`: as `env --swarm`. */
export const env: Run = async (ctx, args, flags) => {
  const command = await import("./env.ts");
  return command.run(ctx, args, {
    ...reading(flags),
    bool: (name) => name === "swarm" || flags.bool(name),
    isSet: (name) => name === "swarm" || flags.isSet(name),
  });
};
