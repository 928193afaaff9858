import { randomBytes } from "node:crypto";
import type { Clock } from "../../../kit/clock.ts";
import { messageOf } from "../../../kit/errors.ts";
import { SwarmError } from "../../errors.ts";
import type { SwarmLog } from "../../log.ts";
import { isAdvertisable } from "../entries.ts";
import { ServedCluster } from "./cluster.ts";
import { clusterFiles, noFiles } from "./files.ts";

const mostClusters = 10_000;
const mostMembers = 10_000;
const sweepMs = 1_000;
const idPattern = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/;

export interface ClusterSummary {
  id: string;
  name: string;
  nodes: number;
}

/** What of a cluster is watched by itself. */
export type ListedPart = "members" | "drained" | "leader";

/** All clusters that a service knows. `idOrName` may be unknown: reading gives nothing, writing makes the cluster. */
export interface ClusterBook {
  create(name: string): Promise<string>;
  remove(idOrName: string): Promise<void>;
  list(): ClusterSummary[];
  entries(idOrName: string): readonly string[];
  register(idOrName: string, addr: string, ttlMs: number): Promise<void>;
  unregister(idOrName: string, addr: string): Promise<void>;
  /** Addresses that are drained, those of members that are away too. */
  drained(idOrName: string): readonly string[];
  mark(idOrName: string, addr: string): Promise<void>;
  unmark(idOrName: string, addr: string): Promise<void>;
  leader(idOrName: string): string;
  /** @returns whether `session` holds the lock now */
  take(idOrName: string, session: string, value: string, ttlMs: number): Promise<boolean>;
  release(idOrName: string, session: string): Promise<void>;
  /** 0 for an unknown cluster. */
  index(idOrName: string, of: ListedPart): number;
  /** Calls at every change of members or holder; @returns a function that ends it */
  onChange(listener: (id: string) => void): () => void;
  /** The id behind a name, or the text itself. */
  resolve(idOrName: string): string;
  close(): Promise<void>;
}

/** Reads what the directory holds and keeps it up to date. Errors are SwarmError with the HTTP status. */
export async function openClusterBook(options: {
  dir?: string;
  clock: Clock;
  log: SwarmLog;
}): Promise<ClusterBook> {
  const { clock, log } = options;
  const files = options.dir === undefined ? noFiles : await clusterFiles(options.dir, log);
  const clusters = new Map<string, ServedCluster>();
  const idOfName = new Map<string, string>();
  const listeners = new Set<(id: string) => void>();
  const closing = new AbortController();

  const add = (cluster: ServedCluster) => {
    clusters.set(cluster.id, cluster);
    if (cluster.name !== "") idOfName.set(cluster.name, cluster.id);
    return cluster;
  };
  for (const stored of await files.readAll()) {
    try {
      add(ServedCluster.load(stored, clock));
    } catch (error) {
      log.error(`discovery service: a cluster's file is not understood: ${messageOf(error)}`);
    }
  }

  const resolve = (text: string) => (clusters.has(text) ? text : (idOfName.get(text) ?? text));
  const known = (text: string) => clusters.get(resolve(text));
  const make = (id: string, name: string) => {
    if (!idPattern.test(id)) throw new SwarmError(400, `"${id}" cannot be a cluster's ID`);
    if (clusters.size >= mostClusters) throw new SwarmError(507, "too many clusters");
    return add(new ServedCluster(id, name, clock));
  };
  const changed = async (cluster: ServedCluster) => {
    for (const listener of listeners) listener(cluster.id);
    if (clusters.get(cluster.id) === cluster) await files.save(cluster.id, () => cluster.stored());
  };

  const sweep = async () => {
    for (;;) {
      await clock.delay(sweepMs, closing.signal);
      for (const cluster of clusters.values()) {
        if (!cluster.sweep()) continue;
        await changed(cluster).catch((error: unknown) => {
          log.error(`discovery service: ${cluster.id} could not be written: ${messageOf(error)}`);
        });
      }
    }
  };
  const sweeping = sweep().catch((error: unknown) => {
    if (!closing.signal.aborted) log.error(`discovery service: ${messageOf(error)}`);
  });

  return {
    resolve,
    async create(name) {
      if (name !== "" && !idPattern.test(name))
        throw new SwarmError(400, `"${name}" cannot be a cluster's name`);
      if (name !== "" && (idOfName.has(name) || clusters.has(name))) {
        throw new SwarmError(409, `a cluster named "${name}" exists already`);
      }
      const cluster = make(randomBytes(16).toString("hex"), name);
      await changed(cluster);
      return cluster.id;
    },
    async remove(idOrName) {
      const cluster = known(idOrName);
      if (cluster === undefined) return;
      clusters.delete(cluster.id);
      idOfName.delete(cluster.name);
      await changed(cluster);
      await files.remove(cluster.id);
    },
    list: () =>
      [...clusters.values()].map((cluster) => ({
        id: cluster.id,
        name: cluster.name,
        nodes: cluster.entries().length,
      })),
    entries: (idOrName) => known(idOrName)?.entries() ?? [],
    async register(idOrName, addr, ttlMs) {
      checkAddress(addr);
      const cluster = known(idOrName) ?? make(idOrName, "");
      if (cluster.size >= mostMembers) throw new SwarmError(507, "too many members in this cluster");
      if (cluster.register(addr, ttlMs)) await changed(cluster);
    },
    async unregister(idOrName, addr) {
      const cluster = known(idOrName);
      if (cluster?.unregister(addr)) await changed(cluster);
    },
    drained: (idOrName) => known(idOrName)?.drained() ?? [],
    async mark(idOrName, addr) {
      checkAddress(addr);
      const cluster = known(idOrName) ?? make(idOrName, "");
      if (cluster.drained().length >= mostMembers) throw new SwarmError(507, "too many drained members");
      if (cluster.mark(addr)) await changed(cluster);
    },
    async unmark(idOrName, addr) {
      const cluster = known(idOrName);
      if (cluster?.unmark(addr)) await changed(cluster);
    },
    leader: (idOrName) => known(idOrName)?.leader() ?? "",
    async take(idOrName, session, value, ttlMs) {
      const cluster = known(idOrName) ?? make(idOrName, "");
      const { taken, changed: isChanged } = cluster.take(session, value, ttlMs);
      if (isChanged) await changed(cluster);
      return taken;
    },
    async release(idOrName, session) {
      const cluster = known(idOrName);
      if (cluster?.release(session)) await changed(cluster);
    },
    index(idOrName, of) {
      const cluster = known(idOrName);
      if (cluster === undefined) return 0;
      return { members: cluster.index, drained: cluster.drainedIndex, leader: cluster.leaderIndex }[of];
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await sweeping;
    },
  };
}

function checkAddress(addr: string): void {
  if (!isAdvertisable(addr)) throw new SwarmError(400, `"${addr.slice(0, 100)}" is not host:port`);
}
