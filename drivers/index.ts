import type { DriverIndex } from "#driver";

/** Every driver there is; data only, nothing is loaded before it is asked for. */
export const drivers: DriverIndex = {
  generic: {
    summary: "any Linux host that can be reached by SSH",
    load: async () => (await import("./generic/driver.ts")).driver,
  },
  none: {
    summary: "an engine that runs already, by its URL",
    load: async () => (await import("./none/driver.ts")).driver,
  },
  docker: {
    summary: "containers on your Docker engine",
    load: async () => (await import("./docker/driver.ts")).driver,
  },
  virtualbox: {
    summary: "VirtualBox VMs that boot a boot2docker ISO",
    load: async () => (await import("./virtualbox/driver.ts")).driver,
  },
};
