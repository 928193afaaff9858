import type { CommandModule } from "../command.ts";
import { verifiedConnection } from "../connect.ts";
import { removeContext, writeContext } from "../docker-context.ts";
import { machineName } from "../names.ts";

export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const { store } = await ctx.machines();
  if (flags.bool("rm")) {
    const name = args[0] ?? (await machineName(store, args));
    const removed = await removeContext(ctx.io, store, name);
    ctx.io.err(removed ? `Docker context ${name} removed\n` : `there was no Docker context for ${name}\n`);
    return 0;
  }
  const connection = await verifiedConnection(ctx, args, flags.bool("swarm"));
  await writeContext(ctx.io, store, connection);
  ctx.io.out(`${connection.name}\n`);
  ctx.io.err(
    `docker --context ${connection.name} reaches it; docker context use ${connection.name} makes it the default\n`,
  );
  return 0;
};
