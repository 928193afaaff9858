import type { CommandModule } from "../command.ts";
import { verifiedConnection } from "../connect.ts";
import { programName } from "../names.ts";
import { versionLine } from "../version.ts";

/** This program's version, or the version of a machine's engine. */
export const run: CommandModule["run"] = async (ctx, args) => {
  if (args.length === 0) {
    ctx.io.out(`${versionLine(programName(ctx.io))}\n`);
    return 0;
  }
  const { url } = await verifiedConnection(ctx, args, false);
  const { engineVersion } = await import("../engine-version.ts");
  ctx.io.out(`${await engineVersion(await ctx.machines(), args[0] ?? "", url)}\n`);
  return 0;
};
