import type { DriverIndex } from "#driver";

/** Every driver there is; data only, nothing is loaded before it is asked for. */
export const drivers: DriverIndex = {
  docker: {
    summary: "containers on your Docker engine",
    load: async () => (await import("./docker/driver.ts")).driver,
  },
  virtualbox: {
    summary: "VirtualBox VMs that boot a boot2docker ISO",
    load: async () => (await import("./virtualbox/driver.ts")).driver,
  },
};
