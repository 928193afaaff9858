import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { AppError } from "../../../kit/errors.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { Discovery, DiscoveryOptions, LeaderStore, OpenDiscovery } from "../discovery.ts";
import { type HttpAnswer, type HttpCall, type StoreHttp, storeHttp } from "../http.ts";
import { watchMembers, watchValue } from "../watch.ts";

const timeoutMs = 10_000;
const waitSeconds = 30;
const addressList = v.array(v.string());

/** A service's base URL and the cluster in it. */
export interface TokenUrl {
  base: string;
  id: string;
}

/**
 * Reads what stands behind `token://`: an ID of the configured service, or `host/path/ID`.
 * @throws BAD_DISCOVERY where no service is known or the token is empty
 */
export function parseTokenUrl(rest: string, protocol: "http" | "https", serviceUrl?: string): TokenUrl {
  const slash = rest.lastIndexOf("/");
  const id = rest.slice(slash + 1);
  if (id === "") throw new AppError("BAD_DISCOVERY", "token is empty");
  if (slash >= 0) return { base: `${protocol}://${rest.slice(0, slash)}`, id };
  if (serviceUrl === undefined || serviceUrl === "") {
    throw new AppError("NO_DISCOVERY_SERVICE", `no discovery service is known for token://${id}`, {
      hint: "set SWARM_DISCOVERY_URL=https://host:port/v1, or write the address: token://host:port/v1/ID",
    });
  }
  return { base: serviceUrl.replace(/\/+$/, ""), id };
}

/** What a service refused, with what it said. */
const refused = (what: string, answer: HttpAnswer) => {
  const said = answer.body.trim().split("\n")[0]?.slice(0, 200) ?? "";
  const text = `${what}, Discovery service returned ${answer.status} HTTP status code`;
  return new AppError("DISCOVERY_HTTP", said === "" || said.startsWith("<") ? text : `${text}: ${said}`);
};

/** Headers and connections for one token service. */
export function tokenHttp(base: string, options: Pick<DiscoveryOptions, "tls" | "bearerToken">): StoreHttp {
  const http = storeHttp([base], options.tls);
  const auth = options.bearerToken === undefined ? {} : { Authorization: `Bearer ${options.bearerToken}` };
  return { ...http, call: (call: HttpCall) => http.call({ ...call, headers: { ...auth, ...call.headers } }) };
}

/** Asks a service for a new cluster; @returns its ID. */
export async function createCluster(http: StoreHttp, name: string): Promise<string> {
  const query = name === "" ? "" : `?name=${encodeURIComponent(name)}`;
  const answer = await http.call({ method: "POST", path: `/clusters${query}`, timeoutMs });
  if (answer.status !== 200) throw refused("Failed to create a cluster", answer);
  const id = answer.body.trim();
  if (!/^[\w.-]+$/.test(id))
    throw new AppError("DISCOVERY_HTTP", "the discovery service answered no cluster ID");
  return id;
}

const summaries = v.array(v.object({ id: v.string(), name: v.string(), nodes: v.number() }));

/** Asks a service which clusters it holds. */
export async function listClusters(http: StoreHttp): Promise<v.InferOutput<typeof summaries>> {
  const answer = await http.call({ path: "/clusters", timeoutMs });
  if (answer.status !== 200) throw refused("Failed to list the clusters", answer);
  return v.parse(summaries, JSON.parse(answer.body));
}

/** Asks a service once for the members of a cluster; the index is that of our own service. */
export async function listMembers(
  http: StoreHttp,
  id: string,
  signal?: AbortSignal,
): Promise<{ addrs: readonly string[]; index: string | undefined }> {
  return listAt(http, `/clusters/${encodeURIComponent(id)}`, signal);
}

/** A list of addresses; other services than ours know only that of the members, and give no index. */
async function listAt(
  http: StoreHttp,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ addrs: readonly string[]; index: string | undefined }> {
  const answer = await http.call({ path, timeoutMs, ...(signal === undefined ? {} : { signal }) });
  if (answer.status === 404 && path.endsWith("/drained")) return { addrs: [], index: undefined };
  if (answer.status !== 200) throw refused("Failed to fetch entries", answer);
  return { addrs: parseEntries(answer.body), index: indexOf(answer) };
}

/** A `token` backend over HTTPS or plain HTTP. */
export function openToken(protocol: "http" | "https"): OpenDiscovery {
  return async (rest, options) => {
    const { base, id } = parseTokenUrl(rest, protocol, options.serviceUrl);
    const http = tokenHttp(base, options);
    const path = `/clusters/${encodeURIComponent(id)}`;
    const watchAt =
      (listPath: string): Discovery["watch"] =>
      (onEntries, onError, watchSignal) => {
        const source = {
          async list(signal: AbortSignal) {
            const { addrs, index } = await listAt(http, listPath, signal);
            return { addrs, cursor: index };
          },
          /** Our own service tells of a change at once; any other is asked again after a heartbeat. */
          async changed(index: string | undefined, signal: AbortSignal) {
            if (index === undefined) return options.clock.delay(options.heartbeatMs, signal);
            await longPoll(http, listPath, index, signal);
          },
        };
        watchMembers(source, options, onEntries, onError, watchSignal);
      };
    const mark = async (method: "PUT" | "DELETE", addr: string) => {
      const markPath = `${path}/drained/${encodeURIComponent(addr)}`;
      const answer = await http.call({ method, path: markPath, timeoutMs });
      if (answer.status === 404) {
        options.log.warn(
          "This discovery service does not keep which nodes are drained: only this manager knows it, until it ends",
        );
      } else if (answer.status !== 200) throw refused(`Failed to note that ${addr} is drained`, answer);
    };
    return {
      async register(addr) {
        const ttl = Math.floor(options.ttlMs / 1000);
        const answer = await http.call({
          method: "POST",
          path: `${path}?ttl=${ttl}`,
          headers: { "Content-Type": "application/json" },
          body: addr,
          timeoutMs,
        });
        if (answer.status < 200 || answer.status > 299) throw refused(`Failed to register ${addr}`, answer);
      },
      async unregister(addr) {
        const node = `${path}/nodes/${encodeURIComponent(addr)}`;
        await http.call({ method: "DELETE", path: node, timeoutMs: 3_000 });
      },
      watch: watchAt(path),
      drained: {
        set: (addr) => mark("PUT", addr),
        clear: (addr) => mark("DELETE", addr),
        watch: watchAt(`${path}/drained`),
      },
      leadership: tokenLock(http, path, options),
      close: async () => http.close(),
    };
  };
}

export const open = openToken("https");

function tokenLock(http: StoreHttp, path: string, options: DiscoveryOptions): LeaderStore {
  const { clock } = options;
  const lockPath = `${path}/leader`;
  const source = {
    async read(signal: AbortSignal) {
      const answer = await http.call({ path: lockPath, timeoutMs, signal });
      if (answer.status !== 200) throw refused("Failed to read the leader", answer);
      return { value: answer.body.trim(), cursor: indexOf(answer) ?? "" };
    },
    changed: (index: string, signal: AbortSignal) => longPoll(http, lockPath, index, signal),
  };
  return {
    async acquire(value, ttlMs, signal) {
      const session = randomUUID();
      const own = `${lockPath}?session=${session}`;
      const take = async (callSignal: AbortSignal): Promise<boolean> => {
        const query = `${own}&ttl=${ttlMs / 1000}`;
        const answer = await http.call({
          method: "PUT",
          path: query,
          body: value,
          timeoutMs,
          signal: callSignal,
        });
        if (answer.status !== 200 && answer.status !== 409) throw refused("Failed to take the lock", answer);
        return answer.status === 200;
      };
      const release = async () => {
        await http.call({ method: "DELETE", path: own, timeoutMs: 3_000 });
      };
      try {
        for (;;) {
          const since = clock.monotonic();
          if (await take(signal)) return holdLease({ ttlMs, since, renew: take, release }, clock);
          const { value: holder, cursor } = await source.read(signal);
          if (holder !== "") await source.changed(cursor, signal);
        }
      } catch (error) {
        void release().catch(() => undefined); // it may have been taken without our knowing; else the TTL ends it
        throw error;
      }
    },
    follow: (onLeader, onError, signal) => watchValue(source, clock, onLeader, onError, signal),
  };
}

async function longPoll(http: StoreHttp, path: string, index: string, signal: AbortSignal): Promise<void> {
  const query = `?index=${encodeURIComponent(index)}&wait=${waitSeconds}`;
  const answer = await http.call({ path: path + query, timeoutMs: waitSeconds * 1_000 + timeoutMs, signal });
  if (answer.status !== 200) throw refused("Failed to watch", answer);
}

function indexOf(answer: HttpAnswer): string | undefined {
  const index = answer.headers["x-discovery-index"];
  return typeof index === "string" ? index : undefined;
}

function parseEntries(body: string): string[] {
  try {
    return v.parse(addressList, JSON.parse(body));
  } catch (error) {
    throw new AppError("DISCOVERY_HTTP", "Failed to decode response: it is no JSON list of addresses", {
      cause: error,
    });
  }
}
