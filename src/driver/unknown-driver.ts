import { AppError } from "../kit/errors.ts";
import type { Driver, DriverConfig, DriverModule } from "./driver.ts";

const driverNotFound = (driver: string, machine: string) =>
  new AppError(
    "DRIVER_NOT_FOUND",
    `machine "${machine}" was made with the driver "${driver}", which is not here`,
    {
      hint: "machine rm -f NAME forgets the machine; its host, if any, stays",
    },
  );

/** Stands for a driver that a record names and nobody knows: its machines are listed, and kept as they are. */
export function unknownDriver(name: string): DriverModule {
  const cannot = (machine: string) => () => Promise.reject(driverNotFound(name, machine));
  return {
    name,
    flags: [],
    features: { hasHost: false, hasPower: false, ownsHost: false, isUnknown: true },
    check: async () => ({ usable: false, reason: `there is no driver named "${name}"` }),
    configure: (_flags, base) => base,
    open: (_ctx, config) => unknownHost(config, cannot(config.MachineName)),
    states: async (_ctx, configs) =>
      new Map(
        configs.map((config) => [
          config.MachineName,
          { state: "" as const, url: "", error: driverNotFound(name, config.MachineName).message },
        ]),
      ),
  };
}

function unknownHost(config: DriverConfig, fail: () => Promise<never>): Driver {
  return {
    config,
    preCreateCheck: fail,
    create: fail,
    start: fail,
    stop: fail,
    kill: fail,
    restart: fail,
    remove: fail,
    state: fail,
    ip: fail,
    url: fail,
    reach: fail,
    sshAddress: fail,
  };
}
