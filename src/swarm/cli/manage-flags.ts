import type { FlagSpec } from "./flags.ts";

export const discoveryFlags: readonly FlagSpec[] = [
  {
    name: "discovery-opt",
    kind: "list",
    help: "discovery options: kv.path, kv.cacertfile, kv.certfile, kv.keyfile (key=value)",
  },
];

export const tlsFlags: readonly FlagSpec[] = [
  { name: "tls", kind: "bool", help: "use TLS; implied by --tlsverify=true" },
  { name: "tlsverify", kind: "bool", help: "use TLS and verify the remote" },
  {
    name: "tlscacert",
    kind: "text",
    help: "trust only remotes providing a certificate signed by the CA given here",
  },
  { name: "tlscert", kind: "text", help: "path to TLS certificate file" },
  { name: "tlskey", kind: "text", help: "path to TLS key file" },
];

/** Flags of `manage`. Source: docs/compat.md. */
export const manageFlags: readonly FlagSpec[] = [
  {
    name: "strategy",
    kind: "text",
    fallback: "spread",
    help: "placement strategy to use [spread, binpack, random]",
  },
  {
    name: "filter",
    aliases: ["f"],
    kind: "list",
    fallback: ["health", "port", "containerslots", "dependency", "affinity", "constraint", "whitelist"],
    help: "filter to use [health, port, containerslots, dependency, affinity, constraint, whitelist]",
  },
  {
    name: "host",
    aliases: ["H"],
    kind: "list",
    env: "SWARM_HOST",
    fallback: ["tcp://127.0.0.1:2375"],
    help: "ip/socket to listen on",
  },
  { name: "replication", kind: "bool", help: "Enable Swarm manager replication" },
  { name: "replication-ttl", kind: "text", fallback: "20s", help: "Leader lock release time on failure" },
  {
    name: "advertise",
    aliases: ["addr"],
    kind: "text",
    env: "SWARM_ADVERTISE",
    help: "Address of the swarm manager joining the cluster. Other swarm manager(s) MUST be able to reach the swarm manager at this address.",
  },
  ...tlsFlags,
  {
    name: "engine-refresh-min-interval",
    kind: "text",
    fallback: "30s",
    help: "set engine refresh minimum interval",
  },
  {
    name: "engine-refresh-max-interval",
    kind: "text",
    fallback: "60s",
    help: "set engine refresh maximum interval",
  },
  { name: "engine-failure-retry", kind: "text", fallback: "3", help: "set engine failure retry count" },
  {
    name: "engine-refresh-retry",
    kind: "text",
    fallback: "3",
    help: "deprecated; replaced by --engine-failure-retry",
  },
  { name: "heartbeat", kind: "text", fallback: "60s", help: "period between each heartbeat" },
  { name: "api-enable-cors", aliases: ["cors"], kind: "bool", help: "enable CORS headers in the remote API" },
  {
    name: "cluster-driver",
    aliases: ["c"],
    kind: "text",
    fallback: "swarm",
    help: "cluster driver to use [swarm]",
  },
  {
    name: "cluster-opt",
    kind: "list",
    help: "cluster driver options: swarm.overcommit=0.05 (overcommit to apply on resources), swarm.createretry=0 (container create retry count after initial failure)",
  },
  {
    name: "refresh-on-node-filter",
    kind: "bool",
    help: "If true, the node filter of containers/json refreshes these engines first",
  },
  {
    name: "container-name-refresh-filter",
    kind: "text",
    help: "Value of the name filter of containers/json that refreshes every engine first",
  },
  {
    name: "discovery-dir",
    kind: "text",
    env: "SWARM_DISCOVERY_DIR",
    help: "directory that keeps the registrations of the built-in discovery service",
  },
  {
    name: "discovery-relay",
    kind: "text",
    env: "SWARM_DISCOVERY_RELAY",
    help: "address on which members are listed in plain HTTP, e.g. 0.0.0.0:3375",
  },
  ...discoveryFlags,
];
