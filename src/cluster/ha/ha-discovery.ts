/** Ports of etcd on a master, as its peers and clients see them. */
export const etcdPorts = { client: 2379, peer: 2380 } as const;

/**
 * The discovery text in the records of a cluster whose masters run an etcd of their own. It names no address, so nothing in
 * the records changes when masters come and go.
 */
export function haDiscovery(id: string): string {
  return `etcd3://masters.machine/${id}`;
}

/** The cluster's id where its masters run the etcd, or undefined. */
export function haClusterId(discovery: string): string | undefined {
  return /^etcd3:\/\/masters\.machine\/([^/]+)$/.exec(discovery)?.[1];
}

/** "etcd3://IP:2379,IP:2379/ID": the same as containers are told it. */
export function etcdUrl(ips: readonly string[], id: string): string {
  return `etcd3://${ips.map((ip) => hostPort(ip, etcdPorts.client)).join(",")}/${id}`;
}

export function hostPort(ip: string, port: number): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** The key by which managers find an engine. Source: docs/discovery.md. */
export function nodeKey(id: string, address: string): string {
  return `/${id}/docker/swarm/nodes/${address}`;
}
