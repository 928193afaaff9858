import { forAll } from "../../machine/errors.ts";
import { withMachine } from "../../machine/machine.ts";
import type { CommandModule } from "../command.ts";
import { machineNames } from "../names.ts";

/** One address a line, in the order of the names; asked all at once. */
export const run: CommandModule["run"] = async (ctx, args) => {
  const machines = await ctx.machines();
  const names = await machineNames(machines.store, args);
  const records = await forAll(names, (name) => machines.store.get(name));
  const addresses = await forAll(records, (record) =>
    withMachine(machines, record, ({ driver }) => driver.ip()),
  );
  for (const address of addresses) ctx.io.out(`${address}\n`);
  return 0;
};
