import { hostNotRunning } from "../../driver/errors.ts";
import { engineTarget } from "../../machine/certificates.ts";
import { withMachine } from "../../machine/machine.ts";
import type { CommandModule } from "../command.ts";
import { machineName, programName } from "../names.ts";
import { versionLine } from "../version.ts";

/** This program's version, or the version of a machine's engine. */
export const run: CommandModule["run"] = async (ctx, args) => {
  if (args.length === 0) {
    ctx.io.out(`${versionLine(programName(ctx.io))}\n`);
    return 0;
  }
  const machines = await ctx.machines();
  const name = await machineName(machines.store, args);
  const record = await machines.store.get(name);
  const url = await withMachine(machines, record, ({ driver }) => driver.url());
  if (url === "") throw hostNotRunning(name);
  const target = await engineTarget(record.HostOptions.AuthOptions, url);
  const { version } = await machines.probe(target, { timeoutMs: machines.deadlines.tlsMs });
  ctx.io.out(`${version}\n`);
  return 0;
};
