import { listAt, numberAt, objectAt, textAt, textMapAt, textsAt } from "./json.ts";
import type { Json } from "./model.ts";

/** What a container asks of the node that takes it. */
export interface PlacementRequest {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly networkMode: string;
  readonly hostPorts: readonly { readonly port: string; readonly ip: string }[];
  readonly exposedPorts: readonly string[];
  /** `flag` as error texts show it, `container` the id or name that must be on the node. */
  readonly dependencies: readonly { readonly flag: string; readonly container: string }[];
  readonly constraints: readonly string[];
  readonly affinities: readonly string[];
  readonly whitelists: readonly string[];
}

/** Labels of the cluster's own; each holds a JSON list of expressions but for the id. */
export const swarmLabels = {
  constraint: "com.docker.swarm.constraints",
  affinity: "com.docker.swarm.affinities",
  whitelist: "com.docker.swarm.whitelists",
  reschedule: "com.docker.swarm.reschedule-policies",
  id: "com.docker.swarm.id",
} as const;

/**
 * Reads a create body whose expressions stand in labels (see config.ts).
 * CpuShares is a number of CPUs here; wrong types count as absent.
 */
export function placementOf(config: Json): PlacementRequest {
  const host = objectAt(config, "HostConfig");
  const labels = textMapAt(config, "Labels");
  return {
    cpus: Math.max(0, Math.trunc(numberAt(host, "CpuShares") || numberAt(config, "CpuShares"))),
    memoryBytes: Math.max(0, numberAt(host, "Memory") || numberAt(config, "Memory")),
    networkMode: textAt(host, "NetworkMode"),
    hostPorts: boundPorts(host),
    exposedPorts: Object.keys(objectAt(config, "ExposedPorts")),
    dependencies: dependenciesOf(host),
    constraints: expressionList(labels[swarmLabels.constraint]),
    affinities: expressionList(labels[swarmLabels.affinity]),
    whitelists: expressionList(labels[swarmLabels.whitelist]),
  };
}

/** The strings of a label that holds a JSON list; nothing where it holds something else. */
export function expressionList(label: string | undefined): readonly string[] {
  if (label === undefined) return [];
  try {
    return textsAt({ list: JSON.parse(label) }, "list");
  } catch {
    return []; // a label of somebody else's that happens to have this name
  }
}

/** [port, host IP] of each entry of HostConfig.PortBindings, empty ports too. */
export function boundPorts(host: Json): { port: string; ip: string }[] {
  const ports: { port: string; ip: string }[] = [];
  for (const bindings of Object.values(objectAt(host, "PortBindings"))) {
    for (const binding of listAt({ bindings }, "bindings")) {
      const entry = objectAt({ binding }, "binding");
      ports.push({ port: textAt(entry, "HostPort"), ip: textAt(entry, "HostIp") });
    }
  }
  return ports;
}

function dependenciesOf(host: Json): { flag: string; container: string }[] {
  const dependencies: { flag: string; container: string }[] = [];
  for (const text of textsAt(host, "VolumesFrom"))
    dependencies.push({ flag: `--volumes-from=${text}`, container: beforeColon(text) });
  for (const text of textsAt(host, "Links"))
    dependencies.push({ flag: `--link=${text}`, container: beforeColon(text) });
  const mode = textAt(host, "NetworkMode");
  if (mode.startsWith("container:"))
    dependencies.push({ flag: `--net=${mode}`, container: mode.slice("container:".length) });
  return dependencies;
}

function beforeColon(text: string): string {
  return text.split(":", 1)[0] ?? "";
}
