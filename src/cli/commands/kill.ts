import { act } from "../act.ts";
import type { CommandModule } from "../command.ts";

export const run: CommandModule["run"] = (ctx, args) => act(ctx, "kill", args);
