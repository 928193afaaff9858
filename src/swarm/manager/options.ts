import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../kit/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Leadership } from "../leadership/leadership.ts";
import type { SwarmLog } from "../log.ts";

/** Certificates of the listeners and of the connections to a primary; PEM texts. */
export interface ManagerTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** Whether a client must show a certificate of `ca`, and a primary's must come from it. */
  readonly verify: boolean;
}

/** A service that answers some paths by itself, e.g. the embedded discovery. @returns false for what is not its own */
export type EmbeddedService = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface ManagerOptions {
  /** "tcp://host:port", "host:port", ":port" or "unix:///path"; at least one. */
  hosts: readonly string[];
  tls?: ManagerTls;
  /** Whether pages of other origins may call the API; default false. */
  cors?: boolean;
  /** Whether /debug/pprof/ answers; default false. */
  debug?: boolean;
  /** Shown by info and version; default false. */
  experimental?: boolean;
  /** Whether lists with a node filter are answered only after the engines were asked again; default false. */
  refreshOnNodeFilter?: boolean;
  /** Lists with a name filter of this text are answered only after the engines were asked again; default "": none. */
  containerNameRefreshFilter?: string;
  cluster: Cluster;
  /** Without it this manager is always the primary. */
  leadership?: Leadership;
  /** How long requests wait for a primary, ms; default 25 000. Give the replication TTL and 5 s. */
  electionWaitMs?: number;
  log: SwarmLog;
  clock: Clock;
  services?: readonly EmbeddedService[];
  /** ms that running requests get at close(); default 2 000. */
  closeGraceMs?: number;
}

/** The manager's API as it runs. */
export interface RunningManager {
  /** Where it listens, as bound: "tcp://127.0.0.1:2375", "unix:///run/swarm.sock". */
  readonly listeners: readonly string[];
  close(): Promise<void>;
}
