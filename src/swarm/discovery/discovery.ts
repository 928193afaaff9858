import type { Clock } from "../../kit/clock.ts";
import type { SwarmLog } from "../log.ts";

export interface DiscoveryTls {
  ca?: string;
  cert?: string;
  key?: string;
}

export interface DiscoveryOptions {
  /** Poll period of token and file, pause before a broken watch is opened again; ms. */
  heartbeatMs: number;
  /** Lifetime of a registration; ms. */
  ttlMs: number;
  /** kv.path; default "docker/swarm/nodes". */
  path?: string;
  /** PEM texts. */
  tls?: DiscoveryTls;
  /** The service of a bare `token://ID`, e.g. "https://host:3376/v1". */
  serviceUrl?: string;
  /** Variables that a store's own clients read, such as CONSUL_HTTP_TOKEN. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Shown to a token service as `Authorization: Bearer`. */
  bearerToken?: string;
  clock: Clock;
  log: SwarmLog;
}

/** Who is in the cluster, as one backend knows it. */
export interface Discovery {
  /** @param addr "host:port"; rejects where the backend cannot register */
  register(addr: string): Promise<void>;
  /** Takes a registration back at once, where the backend can. */
  unregister?(addr: string): Promise<void>;
  /**
   * Complete lists of "host:port", the first as soon as it is known, then one at each change; goes on through
   * failures, which `onError` hears.
   */
  watch(
    onEntries: (addrs: readonly string[]) => void,
    onError: (error: Error) => void,
    signal: AbortSignal,
  ): void;
  /** The drained members, where the backend can keep them. */
  readonly drained?: AddressMarks;
  /** Leader election where the backend can hold a lock. */
  readonly leadership?: LeaderStore;
  close(): Promise<void>;
}

/** Addresses that stay noted until they are taken out again, whatever becomes of the members and of this process. */
export interface AddressMarks {
  set(addr: string): Promise<void>;
  /** Also where it is not noted. */
  clear(addr: string): Promise<void>;
  /** As that of the members. */
  readonly watch: Discovery["watch"];
}

/** A lock that this process holds. */
export interface HeldLock {
  /** False from the moment on at which another may hold it, even where no timer had a chance to run (a stopped process). */
  isHeld(): boolean;
  /** Resolves when it is lost, before another can hold it by the monotonic clock; also after `release`. */
  readonly lost: Promise<void>;
  /** Gives it up at once; never rejects. */
  release(): Promise<void>;
}

/** A lock that names its holder and ends by itself. */
export interface LeaderStore {
  /** Waits for the lock, however long; rejects when the store fails or `signal` aborts. */
  acquire(value: string, ttlMs: number, signal: AbortSignal): Promise<HeldLock>;
  /** The holder's value at each change, the first as soon as it is known; "" for none. Goes on through failures. */
  follow(onLeader: (value: string) => void, onError: (error: Error) => void, signal: AbortSignal): void;
}

/** `open` of backends/<scheme>.ts: `rest` is what stands behind `scheme://`. */
export type OpenDiscovery = (rest: string, options: DiscoveryOptions) => Promise<Discovery>;
