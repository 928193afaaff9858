import type { FlagValues } from "../../driver/flags.ts";
import { messageOf } from "../../kit/errors.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { composeDown, machineFile } from "../compose.ts";
import { confirm } from "../confirm.ts";
import { flagValues } from "../flag-values.ts";

/** The reverse of `up`: the services first, then the machines that it made. */
export const run: CommandModule["run"] = async (ctx, _args, flags) => {
  const { files, main, wanted } = await machineFile(ctx, flags.list("file"));
  const { store } = await ctx.machines();
  const { readMade, removeMade } = await import("../../cluster/compose/made-by-up.ts");
  const made = await readMade(store, main);
  const clusters = await presentClusters(ctx, made.clusters);
  const machines: string[] = [];
  for (const name of made.machines) if (await store.exists(name)) machines.push(name);
  const going = flags.bool("keep-machines") ? [] : [...clusters, ...machines];
  if (going.length > 0 && !flags.bool("yes")) {
    ctx.io.err(`About to remove ${going.join(", ")} and all their containers\n`);
    if (!(await confirm(ctx.io, "Are you sure?", "machine down --yes does not ask"))) return 1;
  }
  const code = await servicesDown(ctx, files, wanted.use, going.includes(wanted.use));
  if (code !== 0) return code;
  if (flags.bool("keep-machines")) return 0;
  if (clusters.length > 0) await (await import("./cluster.ts")).remove(ctx, clusters, agreed(ctx));
  if (machines.length > 0) await (await import("./rm.ts")).run(ctx, machines, agreed(ctx));
  await removeMade(store, main);
  await ctx.progress.end();
  return 0;
};

async function presentClusters(ctx: CommandContext, names: readonly string[]): Promise<string[]> {
  const { allClusters } = await import("../../cluster/find.ts");
  const present = (await allClusters((await ctx.machines()).store)).map(({ name }) => name);
  return names.filter((name) => present.includes(name));
}

/** Services of machines that go are no reason to stop; the machines go with them. */
async function servicesDown(
  ctx: CommandContext,
  files: readonly string[],
  use: string,
  isGoing: boolean,
): Promise<number> {
  try {
    const code = await composeDown(ctx, files, use);
    return isGoing ? 0 : code;
  } catch (error) {
    if (!isGoing) throw error;
    ctx.progress.report({ type: "warning", message: `the services: ${messageOf(error)}` });
    return 0;
  }
}

/** `--yes`, not `--force`. */
function agreed({ io }: CommandContext): FlagValues {
  const flags = [
    { name: "yes", type: "bool", summary: "" },
    { name: "force", type: "bool", summary: "" },
  ] as const;
  return flagValues(flags, new Map([["yes", ["true"]]]), io.env);
}
