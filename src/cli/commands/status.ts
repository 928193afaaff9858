import { AppError } from "../../kit/errors.ts";
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

const hostGone = (name: string) =>
  new AppError("HOST_GONE", `the host of machine "${name}" does not exist any more`, {
    hint: `machine rm ${name} removes what is left of it`,
  });
