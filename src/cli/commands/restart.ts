import { act, addressNote } from "../act.ts";
import type { CommandModule } from "../command.ts";

export const run: CommandModule["run"] = (ctx, args) => act(ctx, "restart", args, { note: addressNote });
