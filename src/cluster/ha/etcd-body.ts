import { join } from "node:path/posix";
import type { ContainerBody, SwarmHost } from "../containers.ts";
import { etcdPorts, hostPort } from "./ha-discovery.ts";

export const etcdName = "swarm-etcd";
export const etcdVolume = "swarm-etcd";
/** The image that `machine image build etcd` makes. */
export const etcdImage = "etcd:latest";
/** What a registry has, for computers where none was built; before 3.5 members answer who they are without a majority. */
export const registryEtcdImage = "quay.io/coreos/etcd:v3.5.16";

const dataDir = "/var/lib/etcd";
/** Only these depend on who the members were at the start; etcd does not read them again. */
const initialPrefix = "ETCD_INITIAL_CLUSTER";

/** Variable with which an etcd drops all other members when it starts: to be there for one start only. */
export const forceNewCluster = "ETCD_FORCE_NEW_CLUSTER=true";

/** Whom a new member meets: name and address of each. */
export interface InitialCluster {
  readonly state: "new" | "existing";
  readonly members: readonly { readonly name: string; readonly peerUrl: string }[];
}

export const peerUrlOf = (ip: string) => `https://${hostPort(ip, etcdPorts.peer)}`;

/**
 * The etcd container of a master: TLS with the store's CA for clients and peers, data in a named volume.
 * Slow machines need a longer heartbeat than etcd's own 100 ms. Source: etcd's "Configuration flags" and "Tuning".
 */
export function etcdBody(
  name: string,
  clusterId: string,
  host: Pick<SwarmHost, "ip" | "optionsDir">,
  image: string,
  initial: InitialCluster,
): ContainerBody {
  const pem = (file: string) => join(host.optionsDir, file);
  const clientUrl = `https://${hostPort(host.ip, etcdPorts.client)}`;
  const tls = (prefix: string) => [
    `--${prefix}trusted-ca-file=${pem("ca.pem")}`,
    `--${prefix}cert-file=${pem("server.pem")}`,
    `--${prefix}key-file=${pem("server-key.pem")}`,
    `--${prefix}client-cert-auth`,
  ];
  return {
    Image: image,
    Entrypoint: ["etcd"],
    Cmd: [
      `--name=${name}`,
      `--listen-client-urls=https://0.0.0.0:${etcdPorts.client}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=https://0.0.0.0:${etcdPorts.peer}`,
      `--initial-advertise-peer-urls=${peerUrlOf(host.ip)}`,
      `--initial-cluster-token=${clusterId}`,
      ...tls(""),
      ...tls("peer-"),
      "--heartbeat-interval=250",
      "--election-timeout=2500",
      "--auto-compaction-retention=1",
    ],
    // a flag would contradict the variable that the image sets
    Env: [`ETCD_DATA_DIR=${dataDir}/${clusterId}`, ...initialEnv(initial)],
    Labels: {},
    ExposedPorts: {},
    HostConfig: {
      Binds: [`${host.optionsDir}:${host.optionsDir}:ro`, `${etcdVolume}:${dataDir}`],
      PortBindings: {},
      RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
      NetworkMode: "host",
    },
  };
}

function initialEnv({ state, members }: InitialCluster): string[] {
  const list = members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
  return [`${initialPrefix}=${list}`, `${initialPrefix}_STATE=${state}`];
}

/** Reads back whom a container was told to meet. */
export function initialOf(env: readonly string[]): InitialCluster {
  const value = (key: string) =>
    env.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
  const members = value(initialPrefix)
    .split(",")
    .flatMap((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [] : [{ name: entry.slice(0, at), peerUrl: entry.slice(at + 1) }];
    });
  return { state: value(`${initialPrefix}_STATE`) === "existing" ? "existing" : "new", members };
}

/** Flags for etcdctl inside the container. */
export function etcdctl(host: Pick<SwarmHost, "ip" | "optionsDir">, words: readonly string[]): string[] {
  const pem = (file: string) => join(host.optionsDir, file);
  return [
    "etcdctl",
    `--endpoints=https://${hostPort(host.ip, etcdPorts.client)}`,
    `--cacert=${pem("ca.pem")}`,
    `--cert=${pem("server.pem")}`,
    `--key=${pem("server-key.pem")}`,
    "--dial-timeout=3s",
    "--command-timeout=5s",
    ...words,
  ];
}
