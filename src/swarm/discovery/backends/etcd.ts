import type { Discovery, OpenDiscovery } from "../discovery.ts";
import { storeHttp } from "../http.ts";
import { joinKey, parseStoreUrl, storeTls } from "../store-url.ts";
import { watchMembers } from "../watch.ts";
import { type EtcdAnswer, type EtcdKeys, etcdCodes, etcdKeys, isRefusal } from "./etcd-keys.ts";
import { etcdLock } from "./etcd-lock.ts";

/** `etcd://`: the v2 keys of Swarm 1.2.9. Source: docs/discovery.md. */
export const open: OpenDiscovery = async (rest, options) => {
  const { endpoints, nodesPath, drainedPath, leaderPath } = parseStoreUrl(rest, options.path);
  const tls = storeTls(options, true);
  const scheme = tls === undefined ? "http" : "https";
  const http = storeHttp(
    endpoints.map((endpoint) => `${scheme}://${endpoint}`),
    tls,
  );
  const keys = etcdKeys(http);
  const watchAt =
    (path: string): Discovery["watch"] =>
    (onEntries, onError, signal) => {
      const source = {
        list: (listSignal: AbortSignal) => listMembers(keys, path, listSignal),
        changed: (index: number, waitSignal: AbortSignal) => memberChange(keys, path, index, waitSignal),
      };
      watchMembers(source, options, onEntries, onError, signal);
    };
  return {
    async register(addr) {
      const ttl = Math.max(1, Math.floor(options.ttlMs / 1000));
      await keys.put(joinKey(nodesPath, addr), "", { value: addr, ttl: String(ttl) });
    },
    async unregister(addr) {
      await keys.remove(joinKey(nodesPath, addr), "");
    },
    watch: watchAt(nodesPath),
    drained: {
      async set(addr) {
        await keys.put(joinKey(drainedPath, addr), "", { value: addr });
      },
      async clear(addr) {
        await keys.remove(joinKey(drainedPath, addr), "").catch((error: unknown) => {
          if (!isRefusal(error, etcdCodes.keyNotFound)) throw error;
        });
      },
      watch: watchAt(drainedPath),
    },
    leadership: etcdLock(keys, leaderPath, options.clock),
    close: async () => http.close(),
  };
};

async function listMembers(keys: EtcdKeys, path: string, signal: AbortSignal) {
  const query = "quorum=true&recursive=true&sorted=true";
  const answer = await keys.get(path, query, signal).catch(async (error: unknown) => {
    if (!isRefusal(error, etcdCodes.keyNotFound)) throw error;
    await makeDirectory(keys, path, signal);
    return keys.get(path, query, signal);
  });
  const addrs = (answer.node.nodes ?? []).flatMap(({ dir, value }) =>
    dir !== true && value !== undefined ? [value] : [],
  );
  return { addrs, cursor: answer.storeIndex };
}

async function makeDirectory(keys: EtcdKeys, path: string, signal: AbortSignal): Promise<void> {
  try {
    await keys.put(path, "", { dir: "true" }, signal);
  } catch (error) {
    // somebody else was first
    if (!isRefusal(error, etcdCodes.notAFile) && !isRefusal(error, etcdCodes.exists)) throw error;
  }
}

/** Passes over the events of mere heartbeats, which set a key to what it holds. */
async function memberChange(keys: EtcdKeys, path: string, index: number, signal: AbortSignal): Promise<void> {
  let from = index + 1;
  for (;;) {
    try {
      const event = await keys.wait(path, from, signal);
      if (event === undefined || !isHeartbeat(event)) return;
      from = event.node.modifiedIndex + 1;
    } catch (error) {
      if (isRefusal(error, etcdCodes.indexCleared)) return; // too far behind: the list tells
      throw error;
    }
  }
}

function isHeartbeat({ action, node, prevNode }: EtcdAnswer): boolean {
  return (action === "set" || action === "update") && prevNode !== undefined && prevNode.value === node.value;
}
