import type { DriverCheck, DriverContext, DriverIndex, DriverModule } from "./driver.ts";

/** The drivers that there are; loads each at first use. */
export interface DriverRegistry {
  /** In the order of the index. */
  names(): readonly string[];
  summary(name: string): string;
  has(name: string): boolean;
  /** For create: UNKNOWN_DRIVER with the list and a near name. */
  require(name: string): Promise<DriverModule>;
  /** For records: a stub that knows nothing of the host when the driver is unknown. */
  find(name: string): Promise<DriverModule>;
  /** The usable driver of the highest rank for `create` without `--driver`; NO_DRIVER with every reason. */
  choose(ctx: DriverContext): Promise<{ driver: DriverModule; check: DriverCheck }>;
}

export declare function driverRegistry(index: DriverIndex): DriverRegistry;
