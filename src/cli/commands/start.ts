import { act, addressNote } from "../act.ts";
import type { CommandModule } from "../command.ts";

export const run: CommandModule["run"] = (ctx, args) => act(ctx, "start", args, { note: addressNote });
