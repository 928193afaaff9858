import type { UpPlan, UpStep } from "../../cluster/compose/plan-up.ts";
import type { WantedCluster, WantedMachine } from "../../cluster/compose/x-machine.ts";
import type { FlagValues } from "../../driver/flags.ts";
import { withMachine } from "../../machine/machine.ts";
import type { CliFlag, CommandContext, CommandModule } from "../command.ts";
import { composeUp, machineFile } from "../compose.ts";
import { confirm } from "../confirm.ts";
import { chosenDriver, createFlags } from "../create-flags.ts";
import { flagValues } from "../flag-values.ts";

/** Makes the machines that a compose file asks for, then its services on them. */
export const run: CommandModule["run"] = async (ctx, _args, flags) => {
  const { files, main, wanted } = await machineFile(ctx, flags.list("file"));
  const machines = await ctx.machines();
  const { planUp } = await import("../../cluster/compose/plan-up.ts");
  const { tools } = await (await ctx.clusterParts()).actions();
  const { steps, present } = await planUp(machines, wanted, tools);
  const prepared = await Promise.all(
    steps.map(async (step) => ({ step, values: (await flagsOf(ctx, step.wanted)).values })),
  );
  const changes = await Promise.all(present.map((one) => changesOf(ctx, one)));
  await ctx.progress.end();
  const toDo = [...steps.map(({ text }) => text), ...changes.flatMap(({ lines }) => lines)];
  for (const line of toDo) ctx.io.err(`  ${line}\n`);
  for (const note of changes.flatMap(({ notes }) => notes)) ctx.io.err(`  ! ${note}\n`);
  if (toDo.length === 0) ctx.io.err("The machines are as the file wants them.\n");
  else if (!flags.bool("yes") && !(await confirm(ctx.io, "Do this?", "machine up --yes does not ask")))
    return 1;
  for (const cluster of wanted.clusters) await remember(ctx, cluster);
  for (const { step, values } of prepared) await act(ctx, main, step, values);
  for (const { name, words } of changes) {
    if (words.length > 0) await (await import("./set.ts")).apply(ctx, name, words);
  }
  await ctx.progress.end();
  if (flags.bool("machines-only")) return 0;
  return composeUp(ctx, files, wanted.use);
};

/** Further machines of a cluster get what the file says, also those that `cluster scale` makes. */
async function remember(ctx: CommandContext, wanted: WantedCluster): Promise<void> {
  const { store } = await ctx.machines();
  const { readPlan, writePlan } = await import("../../cluster/cluster-file.ts");
  const plan = await readPlan(store, wanted.name);
  if (plan === undefined) return;
  const { driver, values } = await flagsOf(ctx, wanted, plan.driver);
  if (driver.name !== plan.driver) return;
  const { keptOptions } = await import("../make-cluster.ts");
  await writePlan(store, { ...plan, options: { ...plan.options, ...keptOptions(driver, values) } });
}

/** What `set` is to change of a machine that is there, and what cannot be changed. */
async function changesOf(ctx: CommandContext, { name, wanted }: UpPlan["present"][number]) {
  const machines = await ctx.machines();
  const record = await machines.store.get(name);
  const { differencesOf } = await import("../up-changes.ts");
  const { driver, values, plain } = await flagsOf(ctx, wanted, record.DriverName);
  const canResize = await withMachine(machines, record, async (one) => one.driver.resize !== undefined);
  const sides = { record, wanted, driver, values, plain, canResize };
  const { words, changes, fixed } = differencesOf(machines, sides);
  const value = (text: string) => (text === "" ? "(none)" : text);
  const lines = changes.map(({ key, from, to }) => `change ${name}: ${key} ${value(from)} → ${value(to)}`);
  if (changes.some(({ kind }) => kind === "engine"))
    lines.push(`restart the engine of ${name}; its containers without a restart policy stop`);
  if (changes.some(({ kind }) => kind === "size")) lines.push(`stop and start ${name}`);
  const notes = fixed.map(
    (what) => `${name}: ${what} (only a new machine can have that: machine rm ${name}, then machine up)`,
  );
  return { name, words, lines, notes };
}

/** The flags of the commands that make what is wanted, from the file. @throws COMPOSE_INVALID for a flag that there is not */
async function flagsOf(ctx: CommandContext, wanted: WantedMachine, present = "") {
  const named = wanted.driver || present;
  const shared = await createFlags(ctx, named === "" ? [] : ["--driver", named]);
  const known: CliFlag[] = [
    { name: "masters", type: "int", default: 1, summary: "" },
    { name: "nodes", type: "int", default: 2, summary: "" },
    ...shared,
  ];
  await refuseUnknown(wanted, known);
  const given = new Map([...wanted.flags].map(([name, { values }]) => [name, values] as const));
  if (wanted.driver !== "") given.set("driver", [wanted.driver]);
  if ("masters" in wanted && "nodes" in wanted) {
    given.set("masters", [String(wanted.masters)]);
    given.set("nodes", [String(wanted.nodes)]);
  }
  const { driver } = await chosenDriver(await ctx.machines(), named);
  const isOfDriver = (name: string) => driver.flags.some((flag) => flag.name === name);
  const others = new Map([...given].filter(([name]) => !isOfDriver(name)));
  return {
    driver,
    values: flagValues(known, given, ctx.io.env),
    plain: flagValues(known, others, ctx.io.env),
  };
}

async function refuseUnknown(wanted: WantedMachine, known: readonly CliFlag[]): Promise<void> {
  const decided = ["driver", "masters", "nodes", "swarm", "swarm-master", "swarm-name", "parallel"];
  const mistakes = [...wanted.flags].flatMap(([name, { at }]) => {
    if (decided.includes(name)) return [`${at}: "${name}" does not stand in "flags"`];
    return known.some((flag) => flag.name === name) ? [] : [`${at}: create has no flag "${name}"`];
  });
  if (mistakes.length === 0) return;
  const { invalid } = await import("../../cluster/compose/x-machine.ts");
  throw invalid(mistakes);
}

async function act(ctx: CommandContext, file: string, step: UpStep, values: FlagValues): Promise<void> {
  const { store } = await ctx.machines();
  const { readMade, writeMade } = await import("../../cluster/compose/made-by-up.ts");
  const made = await readMade(store, file);
  const cluster = await import("./cluster.ts");
  const { name } = step.wanted;
  switch (step.kind) {
    case "create-machine":
      await writeMade(store, { ...made, machines: [...new Set([...made.machines, name])] });
      await (await import("./create.ts")).run(ctx, [name], values);
      return;
    case "start-machine":
      await (await import("./start.ts")).run(ctx, [name], values);
      return;
    case "create-cluster":
      await writeMade(store, { ...made, clusters: [...new Set([...made.clusters, name])] });
      await cluster.create(ctx, [name], values);
      return;
    case "repair-cluster":
      await cluster.repair(ctx, [name], values);
      return;
    case "scale-cluster":
      await cluster.scaleTo(ctx, name, step.nodes, values);
      return;
    case "promote":
      await cluster.promote(ctx, step.machines, values);
      return;
    case "demote":
      await cluster.demote(ctx, step.machines, values);
      return;
    case "remove":
      await cluster.removeNodes(ctx, name, step.machines);
      return;
  }
}
