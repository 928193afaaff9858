import { SwarmError } from "../errors.ts";
import { hasHardNodeConstraint, withExpression } from "../scheduler/config.ts";
import { isJson, numberAt, objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { Resource } from "./resource-index.ts";

const ownModes: ReadonlySet<string> = new Set(["", "default", "bridge", "host", "none", "nat"]);

/** @throws SwarmError 400 where a part that is read has a wrong type */
export function checkConfig(config: Json): void {
  for (const key of ["HostConfig", "NetworkingConfig", "ExposedPorts"]) {
    const part = config[key];
    if (part !== undefined && part !== null && !isJson(part))
      throw new SwarmError(400, `${key} must be an object`);
  }
  const host = objectAt(config, "HostConfig");
  for (const key of ["CpuShares", "Memory"]) {
    const part = host[key];
    if (part !== undefined && part !== null && typeof part !== "number")
      throw new SwarmError(400, `HostConfig.${key} must be a number`);
  }
  const bindings = host["PortBindings"];
  if (bindings !== undefined && bindings !== null && !isJson(bindings))
    throw new SwarmError(400, "HostConfig.PortBindings must be an object");
}

/**
 * Ties a container whose network lives on one node to that node (softly) and takes the node's name out of the network's.
 */
export function resolveNetworks(
  config: Json,
  findNetwork: (name: string) => Resource | undefined,
  isNodeName: (name: string) => boolean,
): Json {
  let resolved = config;
  const host = objectAt(config, "HostConfig");
  const mode = textAt(host, "NetworkMode");
  const network = ownModes.has(mode) || mode.startsWith("container:") ? undefined : findNetwork(mode);
  if (network && textAt(network.summary, "Scope") === "local") {
    if (!hasHardNodeConstraint(config))
      resolved = withExpression(resolved, "constraint", `node==~${network.node.name}`);
    resolved = { ...resolved, HostConfig: { ...host, NetworkMode: textAt(network.summary, "Name") } };
  }
  const networking = objectAt(config, "NetworkingConfig");
  const endpoints = networking["EndpointsConfig"];
  if (!isJson(endpoints)) return resolved;
  const bare = Object.entries(endpoints).map(([name, endpoint]) => {
    const slash = name.indexOf("/");
    return [slash > 0 && isNodeName(name.slice(0, slash)) ? name.slice(slash + 1) : name, endpoint];
  });
  return { ...resolved, NetworkingConfig: { ...networking, EndpointsConfig: Object.fromEntries(bare) } };
}

/** The body for an engine: CpuShares, a number of CPUs at the manager, becomes the engine's share of 1024. */
export function engineBody(config: Json, engineCpus: number): Json {
  const host = objectAt(config, "HostConfig");
  const cpus = numberAt(host, "CpuShares");
  if (cpus <= 0) return config;
  return { ...config, HostConfig: { ...host, CpuShares: Math.ceil((cpus * 1024) / engineCpus) } };
}
