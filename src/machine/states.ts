import type { StateAnswer } from "../driver/driver.ts";
import { messageOf } from "../kit/errors.ts";
import type { HostRecord } from "../store/record.ts";
import type { MachineContext } from "./context.ts";
import { driverContext } from "./driver-context.ts";
import { withMachine } from "./machine.ts";

/** A machine's state, as a promise of its own: one that hangs holds up no other. */
export type PendingStates = ReadonlyMap<string, Promise<StateAnswer>>;

/** Asks for the states of machines: one question for all machines of a driver that can do so. Never rejects. */
export function askStates(ctx: MachineContext, records: readonly HostRecord[]): PendingStates {
  const byDriver = groupByDriver(records);
  const pending = new Map<string, Promise<StateAnswer>>();
  for (const [driverName, group] of byDriver) {
    const answers = askDriver(ctx, driverName, group);
    for (const record of group) {
      pending.set(
        record.Name,
        answers.then((ask) => ask(record)).catch((error: unknown) => failed(error)),
      );
    }
  }
  return pending;
}

function groupByDriver(records: readonly HostRecord[]): Map<string, HostRecord[]> {
  const groups = new Map<string, HostRecord[]>();
  for (const record of records) {
    const group = groups.get(record.DriverName);
    if (group === undefined) groups.set(record.DriverName, [record]);
    else group.push(record);
  }
  return groups;
}

async function askDriver(
  ctx: MachineContext,
  driverName: string,
  records: readonly HostRecord[],
): Promise<(record: HostRecord) => Promise<StateAnswer>> {
  const module = await ctx.drivers.find(driverName);
  if (module.states === undefined) return (record) => askOne(ctx, record);
  const configs = records.map((record) => record.Driver);
  const answers = await module.states(driverContext(ctx, ""), configs);
  return async (record) => answers.get(record.Driver.MachineName) ?? { state: "NotFound", url: "" };
}

function askOne(ctx: MachineContext, record: HostRecord): Promise<StateAnswer> {
  return withMachine(ctx, record, async ({ driver }) => {
    const state = await driver.state();
    return { state, url: state === "Running" ? await driver.url() : "" };
  });
}

function failed(error: unknown): StateAnswer {
  return { state: "Error", url: "", error: messageOf(error) };
}
