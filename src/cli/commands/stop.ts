import { usageError } from "../../kit/errors.ts";
import { act } from "../act.ts";
import type { CommandModule } from "../command.ts";

export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const seconds = flags.int("timeout");
  if (seconds < 0) throw usageError(`--timeout takes a number of seconds, not ${seconds}`);
  return act(ctx, "stop", args, seconds === 0 ? {} : { stopTimeoutMs: seconds * 1000 });
};
