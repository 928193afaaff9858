import type { ClusterPlan } from "../cluster/cluster-file.ts";
import type { DriverModule } from "../driver/driver.ts";
import type { FlagValues } from "../driver/flags.ts";
import { usageError } from "../kit/errors.ts";
import { checkRequest } from "../machine/create.ts";
import type { CommandContext } from "./command.ts";
import { chosenDriver } from "./create-flags.ts";
import { checkDiscovery, createRequest, swarmOptions } from "./create-request.ts";
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
  if (flags.isSet("parallel") && flags.int("parallel") < 1) {
    throw usageError(`--parallel takes a number from 1 on, not ${flags.int("parallel")}`);
  }
  checkDiscovery(flags.string("swarm-discovery"));
  const { checkSwarmOptions } = await import("../cluster/swarm-flags.ts");
  const swarm = swarmOptions(withoutRole(flags));
  checkSwarmOptions(swarm);
  checkRequest(await ctx.machines(), createRequest(ctx, name, driver, flags, swarm));
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
  const width = flags.isSet("parallel") ? flags.int("parallel") : names.length;
  const outcomes = await pool(names, Math.max(width, creation.leastWidth), (name) =>
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
