import { SwarmError } from "../errors.ts";
import type { ManagedCluster } from "./cluster.ts";
import type { ClusterOptions } from "./options.ts";

/** Opens a cluster without engines; `setEntries` brings them. */
export function openCluster(_options: ClusterOptions): ManagedCluster {
  throw new SwarmError(500, "not built yet");
}
