import { AppError } from "../../kit/errors.ts";
import type { DiscoveryOptions, DiscoveryTls } from "./discovery.ts";

/** Where a key-value store is and where in it the cluster lives. */
export interface StoreUrl {
  /** "host:port", at least one. */
  readonly endpoints: readonly string[];
  /** Directory of the members, without slash at either end. */
  readonly nodesPath: string;
  /** Directory of the drained members, without slash at either end. */
  readonly drainedPath: string;
  /** Key of the leader lock, without slash at the beginning. */
  readonly leaderPath: string;
}

const defaultNodesPath = "docker/swarm/nodes";
const drainedKey = "docker/swarm/drained";
const leaderKey = "docker/swarm/leader";

/** Reads `addr1,addr2/prefix`. Source: docs/discovery.md, "Discovery URLs". */
export function parseStoreUrl(rest: string, kvPath: string | undefined): StoreUrl {
  const slash = rest.indexOf("/");
  const hosts = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? "" : rest.slice(slash + 1);
  const endpoints = hosts
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  if (endpoints.length === 0) {
    throw new AppError("BAD_DISCOVERY", "the discovery URL names no address", {
      hint: "write it as etcd://host:port/prefix",
    });
  }
  return {
    endpoints,
    nodesPath: joinKey(prefix, kvPath ?? defaultNodesPath),
    drainedPath: joinKey(prefix, drainedKey),
    leaderPath: joinKey(prefix, leaderKey),
  };
}

/** Joins parts of a key with single slashes, none at the ends. */
export function joinKey(...parts: readonly string[]): string {
  return parts
    .flatMap((part) => part.split("/"))
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** The path of a key in a URL. */
export function keyInUrl(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

/**
 * The TLS that a store with client certificates is spoken to with, and says so in the log as 1.2.9 does.
 * @throws BAD_DISCOVERY when only a part of the three files is given: that would silently be plain HTTP
 */
export function storeTls(options: DiscoveryOptions, needsAll: boolean): DiscoveryTls | undefined {
  const { ca, cert, key } = options.tls ?? {};
  const given = [ca, cert, key].filter((file) => file !== undefined).length;
  if (given === 0) {
    options.log.info("Initializing discovery without TLS");
    return undefined;
  }
  const isComplete = needsAll ? given === 3 : (cert === undefined) === (key === undefined);
  if (!isComplete) {
    throw new AppError("BAD_DISCOVERY", "kv.cacertfile, kv.certfile and kv.keyfile must be given together", {
      hint: "give all three --discovery-opt, or none for plain HTTP",
    });
  }
  options.log.info("Initializing discovery with TLS");
  return options.tls;
}
