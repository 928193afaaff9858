import * as v from "valibot";

const networked = v.record(v.string(), v.unknown());
const configSchema = v.object({
  services: v.optional(
    v.record(
      v.string(),
      v.object({ networks: v.nullish(networked), network_mode: v.optional(v.string(), "") }),
    ),
    {},
  ),
  networks: v.nullish(
    v.record(
      v.string(),
      v.object({ driver: v.optional(v.string(), ""), external: v.optional(v.boolean(), false) }),
    ),
  ),
});

export interface ServiceNetworks {
  /** Services that go to the default bridge of their engine. */
  readonly onBridge: readonly string[];
  /** Networks of one node only, that some service names. */
  readonly local: readonly string[];
}

/**
 * Sorts the services of a compose project by network. Without an overlay store a project network would be on one node alone,
 * so services that ask for none in particular use each engine's own bridge. Source: docs/compose.md, "Networks".
 * @param config what `docker compose config --format json` prints
 */
export function serviceNetworks(config: unknown): ServiceNetworks {
  const { services, networks } = v.parse(configSchema, config);
  const isPlain = (name: string) => {
    const { driver = "", external = false } = networks?.[name] ?? {};
    return !external && (driver === "" || driver === "bridge");
  };
  const onBridge: string[] = [];
  const local = new Set<string>();
  for (const [service, { networks: own, network_mode: mode }] of Object.entries(services)) {
    if (mode !== "") continue;
    const names = Object.keys(own ?? {});
    if (names.every((name) => name === "default" && isPlain(name))) onBridge.push(service);
    else for (const name of names) if (isPlain(name)) local.add(name);
  }
  return { onBridge, local: [...local] };
}

/** A second compose file that puts services on the bridge; `!reset` takes the project network from them. */
export function bridgeOverride(services: readonly string[]): string {
  if (services.length === 0) return "services: {}\n";
  const lines = services.map(
    (name) => `  ${JSON.stringify(name)}:\n    network_mode: bridge\n    networks: !reset null\n`,
  );
  return `services:\n${lines.join("")}`;
}

/** The variable that holds a machine's address for the compose file. */
export function addressVariable(machine: string): string {
  return `MACHINE_IP_${machine.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}
