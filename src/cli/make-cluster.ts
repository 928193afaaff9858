import type { ClusterPlan } from "../cluster/cluster-file.ts";
import type { DriverModule } from "../driver/driver.ts";
import type { FlagSpec, FlagValues } from "../driver/flags.ts";
import { usageError } from "../kit/errors.ts";
import { checkRequest } from "../machine/create.ts";
import type { CliFlag, CommandContext } from "./command.ts";
import { chosenDriver, createFlags, namedDriver, sharedCreateFlags } from "./create-flags.ts";
import { checkDiscovery, createRequest, swarmOptions } from "./create-request.ts";
import { flagValues } from "./flag-values.ts";
import { parallelWidth } from "./parallel.ts";
import { pool } from "./pool.ts";
import { outcomeOf } from "./together.ts";

/**
 * Checks the flags of the machines of a cluster, before anything of it is planned.
 * @throws USAGE, DISCOVERY_INVALID, what the driver says of its flags
 */
export async function checkMachineFlags(
  ctx: CommandContext,
  name: string,
  driver: DriverModule,
  flags: FlagValues,
): Promise<void> {
  parallelWidth(flags);
  checkDiscovery(flags.string("swarm-discovery"));
  const { checkSwarmOptions } = await import("../cluster/swarm-flags.ts");
  const swarm = swarmOptions(withoutRole(flags));
  checkSwarmOptions(swarm);
  checkRequest(await ctx.machines(), createRequest(ctx, name, driver, flags, swarm));
}

/** Flags that say how one command works, or that the plan itself holds. */
const notKept = ["driver", "parallel", "keep", "swarm", "swarm-master", "swarm-name", "swarm-discovery"];

/** The flags of `create` that were given, for the machines that come later. */
export function keptOptions(driver: DriverModule, flags: FlagValues): ClusterPlan["options"] {
  const given = [...sharedCreateFlags, ...driver.flags].filter(
    ({ name }) => !notKept.includes(name) && flags.isSet(name),
  );
  return Object.fromEntries(given.map((flag) => [flag.name, textsOf(flag, flags)]));
}

function textsOf({ name, type }: FlagSpec, flags: FlagValues): string[] {
  switch (type) {
    case "list":
      return [...flags.list(name)];
    case "string":
      return [flags.string(name)];
    case "int":
      return [String(flags.int(name))];
    case "bool":
      return [String(flags.bool(name))];
  }
}

/**
 * The flags for further machines of a cluster: those of the command over those that the cluster was made with.
 * @throws USAGE for another driver than the cluster's
 */
export async function furtherFlags(
  ctx: CommandContext,
  plan: ClusterPlan,
  flags: FlagValues,
): Promise<{ driver: DriverModule; values: FlagValues }> {
  const named = flags.string("driver");
  if (![plan.driver, "", ctx.io.env["MACHINE_DRIVER"]].includes(named)) {
    throw usageError(
      `the machines of the cluster "${plan.name}" are made by ${plan.driver}, not by ${named}`,
      `machine create -d ${named} NAME and machine cluster join ${plan.name} NAME bring others in`,
    );
  }
  const { driver } = await chosenDriver(await ctx.machines(), plan.driver);
  const given = new Map(Object.entries(plan.options));
  const planned = flagValues([...sharedCreateFlags, ...driver.flags], given, {});
  const of = (name: string) => (given.has(name) && !flags.isSet(name) ? planned : flags);
  const values: FlagValues = {
    string: (name) => of(name).string(name),
    int: (name) => of(name).int(name),
    list: (name) => of(name).list(name),
    bool: (name) => of(name).bool(name),
    isSet: (name) => of(name).isSet(name),
  };
  return { driver, values };
}

/** The flags of `create` for the driver of the cluster that a command line names. */
export async function furtherFlagSpecs(
  ctx: CommandContext,
  words: readonly string[],
): Promise<readonly CliFlag[]> {
  if (words.length === 0 || namedDriver(words) !== undefined) return createFlags(ctx, words);
  const { allClusters } = await import("../cluster/find.ts");
  const clusters = await allClusters((await ctx.machines()).store);
  const found = clusters.find(({ name }) => words.includes(name));
  const driver = found?.plan?.driver ?? found?.group.masters[0]?.record.DriverName;
  return createFlags(ctx, driver === undefined ? words : ["--driver", driver, ...words]);
}

/** Makes machines of a plan side by side; one that fails does not stop the others. @throws the errors of those that failed */
export async function makeMachines(
  ctx: CommandContext,
  plan: ClusterPlan,
  names: readonly string[],
  flags: FlagValues,
): Promise<void> {
  if (names.length === 0) return;
  const machines = await ctx.machines();
  const [{ ClusterCreation }, { tools }, { driver }] = await Promise.all([
    import("../cluster/create-cluster.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
    chosenDriver(machines, plan.driver),
  ]);
  const creation = new ClusterCreation(machines, tools, plan, names);
  const width = Math.max(parallelWidth(flags), creation.leastWidth);
  const outcomes = await pool(names, width, (name) =>
    creation.make(name, createRequest(ctx, name, driver, flags, swarmOptions(withoutRole(flags)))),
  );
  await ctx.progress.end();
  const failure = outcomeOf(ctx, names, outcomes);
  if (failure !== undefined) throw failure;
}

/** The part that a machine has in the cluster comes from the plan, not from flags of `create`. */
function withoutRole(flags: FlagValues): FlagValues {
  return { ...reading(flags), bool: (name) => !/^swarm(-master)?$/.test(name) && flags.bool(name) };
}

/** The same values, to put others over some of them. */
export function reading(flags: FlagValues): FlagValues {
  return {
    string: (name) => flags.string(name),
    int: (name) => flags.int(name),
    list: (name) => flags.list(name),
    bool: (name) => flags.bool(name),
    isSet: (name) => flags.isSet(name),
  };
}
