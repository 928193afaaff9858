import { hostGone } from "../../machine/errors.ts";
import type { CommandModule } from "../command.ts";
import { withNamedMachine } from "../with-machine.ts";

export const run: CommandModule["run"] = (ctx, args, flags) =>
  withNamedMachine(ctx, args, async ({ name, record, driver }) => {
    const state = await driver.state();
    if (flags.bool("json")) {
      ctx.io.out(`${JSON.stringify({ Name: name, DriverName: record.DriverName, State: state })}\n`);
      return 0;
    }
    if (state === "NotFound") throw hostGone(name);
    ctx.io.out(`${state}\n`);
    return 0;
  });
