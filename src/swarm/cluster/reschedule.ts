import { isJson, objectAt, textAt, textsAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { ContainerEntry } from "./container-entry.ts";

/** What makes a lost container again. */
export interface RescheduleConfig {
  /** Body of a create. */
  readonly config: Json;
  /** Networks that are joined after the create: engines before API 1.44 take one in it. */
  readonly laterNetworks: readonly { readonly name: string; readonly endpoint: Json }[];
}

const runtimeKeys: ReadonlySet<string> = new Set(["bridge", "host", "none", "default"]);

/**
 * Turns what an engine last said of a container into the body of a create: same name space, labels, swarm id and
 * constraints; what was the lost engine's own (ids, addresses it gave) is left out.
 * @returns undefined where the container was never inspected
 */
export function rescheduleConfig(entry: ContainerEntry): RescheduleConfig | undefined {
  const inspect = entry.inspect;
  if (!inspect) return undefined;
  const config = { ...objectAt(inspect, "Config") };
  if (textAt(config, "Hostname") === entry.id.slice(0, 12)) delete config["Hostname"];
  const { ContainerIDFile: _idFile, ...host } = objectAt(inspect, "HostConfig");
  const endpoints = Object.entries(objectAt(objectAt(inspect, "NetworkSettings"), "Networks"))
    .filter(([name, endpoint]) => !runtimeKeys.has(name) && isJson(endpoint))
    .map(([name, endpoint]) => ({
      name,
      endpoint: ownSettings(objectAt({ endpoint }, "endpoint"), entry.id),
    }));
  const mode = textAt(host, "NetworkMode");
  const first = endpoints.find(({ name }) => name === mode);
  return {
    config: {
      ...config,
      HostConfig: { ...host, CpuShares: entry.placed.cpus },
      ...(first ? { NetworkingConfig: { EndpointsConfig: { [first.name]: first.endpoint } } } : {}),
    },
    laterNetworks: endpoints.filter((endpoint) => endpoint !== first),
  };
}

/** Of an endpoint what its owner asked for, not what the engine gave it. */
function ownSettings(endpoint: Json, id: string): Json {
  const aliases = textsAt(endpoint, "Aliases").filter((alias) => alias !== id.slice(0, 12));
  const kept: Json = {};
  for (const key of ["IPAMConfig", "Links", "DriverOpts"]) if (endpoint[key]) kept[key] = endpoint[key];
  if (aliases.length > 0) kept["Aliases"] = aliases;
  return kept;
}
