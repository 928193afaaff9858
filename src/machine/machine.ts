import type { Driver, DriverContext, DriverModule } from "../driver/driver.ts";
import type { SshConnection } from "../ssh/ssh.ts";
import type { HostRecord } from "../store/record.ts";
import type { MachineContext } from "./context.ts";

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
  /** Writes the record, with what the driver changed in its config. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a machine from its record. Nothing is contacted. */
export declare function openMachine(ctx: MachineContext, record: HostRecord): Promise<Machine>;
