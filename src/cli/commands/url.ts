import type { CommandModule } from "../command.ts";
import { withMachine } from "../with-machine.ts";

export const run: CommandModule["run"] = (ctx, args) =>
  withMachine(ctx, args, async ({ driver }) => {
    ctx.io.out(`${await driver.url()}\n`);
    return 0;
  });
