import type { CommandModule } from "../command.ts";
import { candidates } from "../completion/candidates.ts";

/** What may stand in the place of the last word; the scripts of `completion` ask for it. Never fails. */
export const run: CommandModule["run"] = async (ctx, args) => {
  try {
    for (const one of await candidates(ctx, args)) ctx.io.out(`${one}\n`);
  } catch {
    // a completion that fails offers nothing, and must not print into the user's line
  }
  return 0;
};
