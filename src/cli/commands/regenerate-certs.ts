import { act } from "../act.ts";
import type { CommandModule } from "../command.ts";
import { confirm } from "../confirm.ts";

export const run: CommandModule["run"] = async (ctx, args, flags) => {
  if (!flags.bool("force")) {
    ctx.io.err("The engines restart with the new certificates; containers without a restart policy stop.\n");
    if (!(await confirm(ctx.io, "Renew the certificates?", "regenerate-certs -f does not ask"))) return 0;
  }
  return act(ctx, "regenerate-certs", args, { clientCerts: flags.bool("client-certs") });
};
