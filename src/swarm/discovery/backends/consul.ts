import { AppError } from "../../../kit/errors.ts";
import { formatDuration } from "../../duration.ts";
import type { Discovery, DiscoveryOptions, OpenDiscovery } from "../discovery.ts";
import { joinKey, parseStoreUrl } from "../store-url.ts";
import { watchMembers } from "../watch.ts";
import { type ConsulApi, consulApi, lockFlags } from "./consul-api.ts";
import { consulLock } from "./consul-lock.ts";

const tries = 5;

/** `consul://`: keys bound to sessions, as Swarm 1.2.9 does; several addresses are asked in turn. Source: docs/discovery.md. */
export const open: OpenDiscovery = async (rest, options) => {
  const { endpoints, nodesPath, drainedPath, leaderPath } = parseStoreUrl(rest, options.path);
  const api = consulApi(endpoints, options);
  // Consul ends a session between one and two TTLs
  const sessionTtl = formatDuration(options.ttlMs / 2);
  return {
    register: (addr) => keepMember(api, joinKey(nodesPath, addr), addr, sessionTtl),
    async unregister(addr) {
      const key = joinKey(nodesPath, addr);
      const { pairs } = await api.read(key, {});
      const session = pairs[0]?.session ?? "";
      if (session !== "") await api.destroySession(session);
      await api.remove(key);
    },
    watch: watchBelow(api, nodesPath, options),
    drained: {
      async set(addr) {
        await api.put(joinKey(drainedPath, addr), addr, "");
      },
      clear: (addr) => api.remove(joinKey(drainedPath, addr)),
      watch: watchBelow(api, drainedPath, options),
    },
    leadership: consulLock(api, leaderPath, options.clock),
    close: async () => api.close(),
  };
};

function watchBelow(api: ConsulApi, path: string, options: DiscoveryOptions): Discovery["watch"] {
  const source = {
    async list(signal: AbortSignal) {
      const { pairs, index } = await api.read(path, { recurse: true, signal });
      const members = pairs.filter(({ key }) => !key.endsWith("/"));
      return { addrs: members.map(({ value }) => value), cursor: index };
    },
    async changed(index: string, signal: AbortSignal) {
      await api.read(path, { recurse: true, index: index === "0" ? "1" : index, signal });
    },
  };
  return (onEntries, onError, signal) => watchMembers(source, options, onEntries, onError, signal);
}

/** Makes the key's session live on; the key itself is written only where it does not hold the address already. */
async function keepMember(api: ConsulApi, key: string, addr: string, sessionTtl: string): Promise<void> {
  for (let count = 0; count < tries; count += 1) {
    const present = (await api.read(key, {})).pairs[0];
    let session = present?.session ?? "";
    if (session === "") {
      session = await api.createSession("delete", sessionTtl);
      if (!(await api.put(key, addr, `acquire=${session}`))) {
        await api.destroySession(session);
        continue;
      }
    }
    if (!(await api.renewSession(session))) continue;
    if (present?.value !== addr || present.session === "") await api.put(key, addr, `flags=${lockFlags}`);
    return;
  }
  throw new AppError("CONSUL", "cannot set or renew session for ttl, unable to operate on sessions");
}
