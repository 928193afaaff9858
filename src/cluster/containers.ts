import { join } from "node:path/posix";
import type { EngineOptions, SwarmOptions } from "../store/record.ts";
import { swarmPort } from "./discovery-url.ts";

export const agentName = "swarm-agent";
export const managerName = "swarm-agent-master";

/** Port of the plain read-only relay, on the engine's own bridge only; see docs/discovery.md. */
const relayPort = 3375;

export interface SwarmHost {
  /** Address as peers see it. */
  readonly ip: string;
  readonly enginePort: number;
  /** Where the provisioner put ca.pem, server.pem and server-key.pem. */
  readonly optionsDir: string;
  /** Host side of the engine's default bridge, "172.17.0.1"; "" when there is none. */
  readonly bridgeGateway: string;
}

/** Body of POST /containers/create, as far as it is used here. */
export interface ContainerBody {
  Image: string;
  /** Left out: the image's own. */
  Entrypoint?: string[];
  Cmd: string[];
  Env: string[];
  Labels: Record<string, string>;
  ExposedPorts: Record<string, Record<string, never>>;
  HostConfig: {
    Binds: string[];
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
    /** Left out: the default bridge. */
    NetworkMode?: string;
  };
}

/** What the containers are told of the discovery. */
export interface ToldDiscovery {
  readonly url: string;
  /** It is the etcd of the cluster's own masters: managers share the work, and the machine's certificates are for it. */
  readonly isOwnEtcd: boolean;
}

/** So long after the end of the primary another manager takes over at the latest. */
const replicationTtl = "8s";

/** The manager's container of a master; source: docs/compat.md, "swarm containers". */
export function managerBody(
  swarm: SwarmOptions,
  engine: EngineOptions,
  host: SwarmHost,
  { url: discovery, isOwnEtcd }: ToldDiscovery,
): ContainerBody {
  const port = swarmPort(swarm.Host);
  const pem = (name: string) => join(host.optionsDir, name);
  const body = commonBody(swarm, engine, host);
  body.Cmd = [
    ...(swarm.IsExperimental ? ["--experimental"] : []),
    "manage",
    "--tlsverify",
    `--tlscacert=${pem("ca.pem")}`,
    `--tlscert=${pem("server.pem")}`,
    `--tlskey=${pem("server-key.pem")}`,
    "-H",
    swarm.Host,
    "--strategy",
    swarm.Strategy,
    "--advertise",
    advertised(swarm, host.ip, port),
    ...(isOwnEtcd ? ["--replication", "--replication-ttl", replicationTtl] : []),
    ...swarm.ArbitraryFlags.map((flag) => `--${flag}`),
    ...(isOwnEtcd ? storeOptions(pem) : []),
    discovery,
  ];
  body.ExposedPorts[`${port}/tcp`] = {};
  body.HostConfig.PortBindings[`${port}/tcp`] = [{ HostIp: "0.0.0.0", HostPort: String(port) }];
  body.HostConfig.Binds.push("swarm-discovery:/var/lib/swarm");
  body.Env.push("SWARM_DISCOVERY_DIR=/var/lib/swarm");
  if (!swarm.Agent && isToken(discovery)) addRelay(body, host);
  return body;
}

/** The agent's container of a node. */
export function agentBody(
  swarm: SwarmOptions,
  engine: EngineOptions,
  host: SwarmHost,
  { url: discovery, isOwnEtcd }: ToldDiscovery,
): ContainerBody {
  const pem = (name: string) => join(host.optionsDir, name);
  const body = commonBody(swarm, engine, host);
  body.Cmd = [
    ...(swarm.IsExperimental ? ["--experimental"] : []),
    "join",
    "--advertise",
    advertised(swarm, host.ip, host.enginePort),
    ...swarm.ArbitraryJoinFlags.map((flag) => `--${flag}`),
    // stores of the user's own have certificates of their own, or none: --swarm-join-opt names them
    ...(isToken(discovery) || isOwnEtcd ? storeOptions(pem) : []),
    discovery,
  ];
  if (isToken(discovery)) addRelay(body, host);
  return body;
}

function storeOptions(pem: (name: string) => string): string[] {
  const files = { cacertfile: "ca.pem", certfile: "server.pem", keyfile: "server-key.pem" };
  return Object.entries(files).flatMap(([option, file]) => ["--discovery-opt", `kv.${option}=${pem(file)}`]);
}

const isToken = (discovery: string) => discovery.startsWith("token://");

function commonBody(swarm: SwarmOptions, engine: EngineOptions, host: SwarmHost): ContainerBody {
  return {
    Image: swarm.Image,
    Cmd: [],
    Env: [...engine.Env],
    Labels: {},
    ExposedPorts: {},
    HostConfig: {
      Binds: [`${host.optionsDir}:${host.optionsDir}:ro`],
      PortBindings: {},
      RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
    },
  };
}

function addRelay(body: ContainerBody, host: SwarmHost): void {
  if (host.bridgeGateway === "") return;
  body.Env.push(`SWARM_DISCOVERY_RELAY=0.0.0.0:${relayPort}`);
  body.ExposedPorts[`${relayPort}/tcp`] = {};
  body.HostConfig.PortBindings[`${relayPort}/tcp`] = [
    { HostIp: host.bridgeGateway, HostPort: String(relayPort) },
  ];
}

/** `--swarm-addr` where it was given, with this port unless it names one; else the machine's own address. */
export function advertised(swarm: SwarmOptions, ip: string, port: number): string {
  const own = ip.includes(":") ? `[${ip}]` : ip;
  if (swarm.Address === "") return `${own}:${port}`;
  return /:\d+$/.test(swarm.Address) ? swarm.Address : `${swarm.Address}:${port}`;
}
