import type { Driver, DriverContext, DriverModule } from "../driver/driver.ts";
import type { SshConnection } from "../ssh/ssh.ts";
import type { HostRecord } from "../store/record.ts";
import { Connections } from "./connections.ts";
import type { MachineContext } from "./context.ts";
import { driverContext } from "./driver-context.ts";

/** One machine opened for one command. */
export interface Machine {
  readonly name: string;
  readonly ctx: MachineContext;
  readonly record: HostRecord;
  readonly module: DriverModule;
  readonly driver: Driver;
  readonly driverContext: DriverContext;
  /** The one connection of this command, made at first use and shared with the driver. */
  ssh(): Promise<SshConnection>;
  /** Closes the connection; the next `ssh()` makes a new one. For a host that goes down. */
  disconnect(): Promise<void>;
  /** Writes the record, with what the driver changed in its config. */
  save(): Promise<void>;
}

/** Opens a machine from its record. Nothing is contacted. */
export async function openMachine(ctx: MachineContext, record: HostRecord): Promise<Machine> {
  const connections = new Connections(ctx.ssh, ctx.store.knownHostsPath(record.Name));
  const module = await ctx.drivers.find(record.DriverName);
  const context = driverContext(ctx, record.Name, connections);
  const driver = module.open(context, record.Driver);
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  return {
    name: record.Name,
    ctx,
    record,
    module,
    driver,
    driverContext: context,
    ssh: async () =>
      connections.get(await driver.sshAddress(), { timeoutMs: ctx.deadlines.sshMs, ...signal }),
    disconnect: () => connections.close(),
    async save() {
      record.Driver = driver.config;
      await ctx.store.save(record);
    },
  };
}

/** Opens a machine for one task and closes its connection in any case. */
export async function withMachine<T>(
  ctx: MachineContext,
  record: HostRecord,
  task: (machine: Machine) => Promise<T>,
): Promise<T> {
  const machine = await openMachine(ctx, record);
  try {
    return await task(machine);
  } finally {
    await machine.disconnect();
  }
}
