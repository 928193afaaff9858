import { randomBytes } from "node:crypto";

/** A new cluster id as the hosted service gave them: 32 hexadecimal digits. */
export function newClusterId(): string {
  return randomBytes(16).toString("hex");
}

/** The id of a bare "token://ID", or undefined for any other discovery, also for a service that is named. */
export function bareTokenId(discovery: string): string | undefined {
  return /^token:\/\/([^/]+)$/.exec(discovery)?.[1];
}

/** "token://host:3376/v1/ID": the service that a manager runs behind its own TLS. */
export function tokenUrl(manager: { host: string; port: number }, id: string): string {
  const host = manager.host.includes(":") ? `[${manager.host}]` : manager.host;
  return `token://${host}:${manager.port}/v1/${id}`;
}

/** Port of `--swarm-host` ("tcp://0.0.0.0:3376"); 3376 where it names none. */
export function swarmPort(swarmHost: string): number {
  const port = /:(\d+)\/?$/.exec(swarmHost)?.[1];
  return port === undefined ? 3376 : Number(port);
}
