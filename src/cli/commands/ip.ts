import { withMachine } from "../../machine/machine.ts";
import type { CommandModule } from "../command.ts";
import { machineNames } from "../names.ts";
import { allOrError } from "../together.ts";

/** One address a line, in the order of the names; asked all at once. */
export const run: CommandModule["run"] = async (ctx, args) => {
  const machines = await ctx.machines();
  const names = await machineNames(machines.store, args);
  const records = await allOrError(names.map((name) => machines.store.get(name)));
  const addresses = await allOrError(
    records.map((record) => withMachine(machines, record, ({ driver }) => driver.ip())),
  );
  for (const address of addresses) ctx.io.out(`${address}\n`);
  return 0;
};
