import { withMachine } from "../../machine/machine.ts";
import { colours } from "../colours.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { driverFindings, type Finding, machineFindings, storeFindings } from "../diagnosis.ts";
import { table } from "../output.ts";

/** Checks drivers, store, certificates and machines; exit code 1 when something is wrong. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const machines = await ctx.machines();
  const findings: Finding[] = [];
  if (args.length === 0) {
    findings.push(...(await driverFindings(machines)), ...(await storeFindings(machines)));
  }
  const names = args.length > 0 ? args : await machines.store.names();
  const perMachine = await Promise.all(names.map((name) => machineFindings(machines, name, withMachine)));
  findings.push(...perMachine.flat());
  if (flags.bool("json")) ctx.io.out(`${JSON.stringify(findings)}\n`);
  else print(ctx, findings);
  return findings.some(({ level }) => level === "error") ? 1 : 0;
};

function print(ctx: CommandContext, findings: readonly Finding[]): void {
  const paint = colours(ctx.io, "stdout");
  const marks = { ok: paint.green("ok"), warning: paint.yellow("warning"), error: paint.red("error") };
  const rows = findings.map(({ level, subject, message, hint }) => [
    marks[level],
    subject,
    hint === undefined ? message : `${message}; ${hint}`,
  ]);
  ctx.io.out(table(["STATE", "WHAT", "FINDING"], rows));
}
