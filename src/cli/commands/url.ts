import type { CommandModule } from "../command.ts";
import { withNamedMachine } from "../with-machine.ts";

export const run: CommandModule["run"] = (ctx, args) =>
  withNamedMachine(ctx, args, async ({ driver }) => {
    ctx.io.out(`${await driver.url()}\n`);
    return 0;
  });
