import type { DriverModule } from "../../driver/driver.ts";
import type { FlagValues } from "../../driver/flags.ts";
import { AppError } from "../../kit/errors.ts";
import type { MachineContext } from "../../machine/context.ts";
import { createMachine } from "../../machine/create.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { chosenDriver } from "../create-flags.ts";
import { checkDiscovery, createRequest, swarmOptions } from "../create-request.ts";
import { programName } from "../names.ts";
import { parallelWidth } from "../parallel.ts";
import { pool } from "../pool.ts";
import { outcomeOf } from "../together.ts";

/** Makes every machine that is named, some at a time; one that fails does not stop the others. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const names = [...new Set(args)];
  if (names.length === 0) throw noName();
  const parallel = parallelWidth(flags);
  checkDiscovery(flags.string("swarm-discovery"));
  const machines = await ctx.machines();
  const driver = await driverOf(ctx, machines, flags);
  const results = await pool(names, parallel, (name) => createOne(ctx, machines, name, driver, flags));
  await ctx.progress.end();
  const failure = outcomeOf(ctx, names, results);
  if (failure !== undefined) throw failure;
  for (const name of names) ctx.io.err(howToUse(ctx, name, names.length > 1));
  return 0;
};

async function driverOf(ctx: CommandContext, machines: MachineContext, flags: FlagValues) {
  const { driver, chosen } = await chosenDriver(machines, flags.string("driver"));
  if (chosen) {
    const message = `no driver was named: taking ${driver.name} (${machines.drivers.summary(driver.name)})`;
    ctx.progress.report({ type: "info", message });
  }
  return driver;
}

async function createOne(
  ctx: CommandContext,
  machines: MachineContext,
  name: string,
  driver: DriverModule,
  flags: FlagValues,
): Promise<void> {
  const cluster = await ctx.clusterParts();
  const choice = { swarm: swarmOptions(flags), clusterName: flags.string("swarm-name") };
  const { swarm, clusterName } = await cluster.planSwarm(choice);
  const steps = (await cluster.actions()).createSteps(clusterName);
  await createMachine(machines, createRequest(ctx, name, driver, flags, swarm), steps);
}

function howToUse(ctx: CommandContext, name: string, several: boolean): string {
  const command = `${programName(ctx.io)} env ${name}`;
  return several ? `${name}: ${command}\n` : `To point docker to this machine, run: ${command}\n`;
}

const noName = () =>
  new AppError("NO_MACHINE_NAMED", "create needs the name of the machine", {
    hint: "usage: machine create [OPTIONS] NAME...; machine create --help shows the options",
  });
