/** Labels by which the driver knows what it made. */
export const label = {
  /** "machine", "volume" or "network". */
  owner: "io.machine.kind",
  name: "io.machine.name",
  /** Store root: machines of another store with the same name are not ours. */
  store: "io.machine.store",
  network: "io.machine.network",
} as const;
