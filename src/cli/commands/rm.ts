import { messageOf } from "../../kit/errors.ts";
import type { CommandModule } from "../command.ts";
import { confirm } from "../confirm.ts";

/** Removes machines, after asking; with --force what cannot be removed is told, and the exit code stays 0. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const names = [...new Set(args)];
  const force = flags.bool("force");
  if (!force && !flags.bool("yes")) {
    ctx.io.err(`About to remove ${names.join(", ")}\n`);
    ctx.io.err("The hosts and all that is in them go, and what the store knows of them.\n");
    if (!(await confirm(ctx.io, "Are you sure?", "rm -y does not ask"))) return 0;
  }
  const machines = await ctx.machines();
  const [{ removeMachines }, { hooks }] = await Promise.all([
    import("../../machine/remove.ts"),
    ctx.clusterParts().then(({ actions }) => actions()),
  ]);
  const errors = await removeMachines(machines, names, { force }, hooks);
  for (const error of errors) ctx.progress.report({ type: "warning", message: messageOf(error) });
  const { removeContext } = await import("../docker-context.ts");
  for (const name of names) await removeContext(ctx.io, machines.store, name);
  return 0;
};
