import type { UpStep } from "../../cluster/compose/plan-up.ts";
import type { WantedMachine } from "../../cluster/compose/x-machine.ts";
import type { FlagValues } from "../../driver/flags.ts";
import type { CliFlag, CommandContext, CommandModule } from "../command.ts";
import { composeUp, machineFile } from "../compose.ts";
import { confirm } from "../confirm.ts";
import { createFlags } from "../create-flags.ts";
import { flagValues } from "../flag-values.ts";

/** Makes the machines that a compose file asks for, then its services on them. */
export const run: CommandModule["run"] = async (ctx, _args, flags) => {
  const { files, main, wanted } = await machineFile(ctx, flags.list("file"));
  const machines = await ctx.machines();
  const { planUp } = await import("../../cluster/compose/plan-up.ts");
  const steps = await planUp(machines, wanted);
  const prepared = await Promise.all(steps.map(async (step) => ({ step, values: await flagsOf(ctx, step) })));
  for (const { text } of steps) ctx.io.err(`  ${text}\n`);
  if (steps.length === 0) ctx.io.err("The machines are as the file wants them.\n");
  else if (!flags.bool("yes") && !(await confirm(ctx.io, "Do this?", "machine up --yes does not ask")))
    return 1;
  for (const { step, values } of prepared) await act(ctx, main, step, values);
  await ctx.progress.end();
  if (flags.bool("machines-only")) return 0;
  return composeUp(ctx, files, wanted.use);
};

/** The flags of the command that a step is, from the file. @throws COMPOSE_INVALID for a flag that it does not have */
async function flagsOf(ctx: CommandContext, { wanted, kind }: UpStep): Promise<FlagValues> {
  const words = wanted.driver === "" ? [] : ["--driver", wanted.driver];
  const known: CliFlag[] = [
    { name: "masters", type: "int", default: 1, summary: "" },
    { name: "nodes", type: "int", default: 2, summary: "" },
    ...(await createFlags(ctx, words)),
  ];
  await refuseUnknown(wanted, known);
  const given = new Map([...wanted.flags].map(([name, { values }]) => [name, values] as const));
  if (wanted.driver !== "") given.set("driver", [wanted.driver]);
  if (kind !== "create-machine") {
    given.set("masters", [String(wanted.masters)]);
    given.set("nodes", [String(wanted.nodes)]);
  }
  return flagValues(known, given, ctx.io.env);
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
  const { name } = step.wanted;
  if (step.kind === "create-machine") {
    await writeMade(store, { ...made, machines: [...new Set([...made.machines, name])] });
    await (await import("./create.ts")).run(ctx, [name], values);
    return;
  }
  const cluster = await import("./cluster.ts");
  if (step.kind === "scale-cluster") {
    await cluster.scale(ctx, [name], values);
    return;
  }
  await writeMade(store, { ...made, clusters: [...new Set([...made.clusters, name])] });
  await cluster.create(ctx, [name], values);
}
