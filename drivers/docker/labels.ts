import type { DockerConfig } from "./config.ts";

/** Labels by which the driver knows what it made. */
export const label = {
  /** "machine", "volume" or "network". */
  owner: "io.machine.kind",
  name: "io.machine.name",
  /** Store root: machines of another store with the same name are not ours. */
  store: "io.machine.store",
  network: "io.machine.network",
} as const;

/** A container is a machine's own by the store in its label; by its id once the store was moved. */
export function isOf(config: DockerConfig, store: string, id: string): boolean {
  return store === config.StorePath || (id !== "" && id === config.ContainerID);
}
