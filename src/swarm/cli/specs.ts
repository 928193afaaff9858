import type { FatalStyle, RunCommand } from "./context.ts";
import type { FlagSpec } from "./flags.ts";
import { discoveryFlags, manageFlags, tlsFlags } from "./manage-flags.ts";

export interface CommandSpec {
  readonly name: string;
  readonly short?: string;
  /** First word of a command of two words. */
  readonly group?: string;
  readonly summary: string;
  /** What stands behind the options in the usage line. */
  readonly argument: string;
  /** Whether its help lists the discovery URLs. */
  readonly takesDiscovery?: boolean;
  readonly flags: readonly FlagSpec[];
  readonly fatal: FatalStyle;
  load(): Promise<{ run: RunCommand }>;
}

export const globalFlags: readonly FlagSpec[] = [
  { name: "debug", kind: "bool", env: "DEBUG", help: "debug mode" },
  {
    name: "log-level",
    aliases: ["l"],
    kind: "text",
    fallback: "info",
    help: "Log level (options: debug, info, warn, error, fatal, panic)",
  },
  { name: "log-format", kind: "text", fallback: "text", help: "Log format (options: text, json)" },
  { name: "experimental", kind: "bool", help: "enable experimental features" },
  { name: "version", aliases: ["v"], kind: "bool", help: "print the version" },
];

const timeout: FlagSpec = { name: "timeout", kind: "text", fallback: "10s", help: "timeout period" };
const service: FlagSpec = {
  name: "service",
  kind: "text",
  env: "SWARM_DISCOVERY_URL",
  help: "URL of the discovery service, e.g. https://host:3375/v1",
};
const managerHost: FlagSpec = {
  name: "host",
  aliases: ["H"],
  kind: "text",
  env: "DOCKER_HOST",
  fallback: "tcp://127.0.0.1:2375",
  help: "the manager, tcp://host:port or unix://path",
};

const nodeCommand = (name: "ls" | "drain" | "activate", argument: string, summary: string): CommandSpec => ({
  group: "node",
  name,
  argument,
  summary,
  flags: [managerHost, ...tlsFlags],
  fatal: "plain",
  load: async () => {
    const { runNode } = await import("./commands/node.ts");
    return { run: runNode(name) };
  },
});

/** Every command; the one place that knows them. */
export const commands: readonly CommandSpec[] = [
  {
    name: "create",
    short: "c",
    summary: "Create a cluster",
    argument: "",
    flags: [
      { name: "name", kind: "text", help: "a name that can stand for the cluster's ID (needs a service)" },
      service,
      ...discoveryFlags,
    ],
    fatal: "plain",
    load: () => import("./commands/create.ts"),
  },
  {
    name: "list",
    short: "l",
    summary: "List nodes in a cluster",
    argument: "<discovery>",
    takesDiscovery: true,
    flags: [timeout, ...discoveryFlags],
    fatal: "plain",
    load: () => import("./commands/list.ts"),
  },
  {
    name: "manage",
    short: "m",
    summary: "Manage a docker cluster",
    argument: "<discovery>",
    takesDiscovery: true,
    flags: manageFlags,
    fatal: "logrus",
    load: () => import("./commands/manage.ts"),
  },
  {
    name: "join",
    short: "j",
    summary: "Join a docker cluster",
    argument: "<discovery>",
    takesDiscovery: true,
    flags: [
      {
        name: "advertise",
        aliases: ["addr"],
        kind: "text",
        env: "SWARM_ADVERTISE",
        help: "Address of the Docker Engine joining the cluster. Swarm manager(s) MUST be able to reach the Docker Engine at this address.",
      },
      { name: "heartbeat", kind: "text", fallback: "60s", help: "period between each heartbeat" },
      { name: "ttl", kind: "text", fallback: "180s", help: "set the expiration of an ephemeral node" },
      {
        name: "delay",
        kind: "text",
        fallback: "0s",
        help: "add a random delay in [0s,delay] to avoid synchronized registration",
      },
      {
        name: "discovery-relay",
        kind: "text",
        env: "SWARM_DISCOVERY_RELAY",
        help: "address on which members are listed in plain HTTP, e.g. 0.0.0.0:3375",
      },
      ...discoveryFlags,
    ],
    fatal: "logrus",
    load: () => import("./commands/join.ts"),
  },
  {
    name: "clusters",
    summary: "List the clusters of a discovery service",
    argument: "",
    flags: [service, ...discoveryFlags],
    fatal: "plain",
    load: () => import("./commands/clusters.ts"),
  },
  {
    group: "discovery",
    name: "serve",
    summary: "Run a discovery service for token:// URLs",
    argument: "",
    flags: [
      {
        name: "host",
        aliases: ["H"],
        kind: "text",
        fallback: "tcp://127.0.0.1:3375",
        help: "address to listen on",
      },
      {
        name: "dir",
        kind: "text",
        env: "SWARM_DISCOVERY_DIR",
        fallback: "/var/lib/swarm/discovery",
        help: "directory that keeps the clusters",
      },
      { name: "ttl", kind: "text", fallback: "180s", help: "lifetime of a registration that names none" },
      { name: "auth-token-file", kind: "text", help: "file with a token that every request must show" },
      ...tlsFlags,
    ],
    fatal: "logrus",
    load: () => import("./commands/discovery-serve.ts"),
  },
  nodeCommand("ls", "", "List the nodes of a manager"),
  nodeCommand("drain", "NODE", "Take a node out of scheduling; what runs there stays"),
  nodeCommand("activate", "NODE", "Let a node take new containers again"),
];
