import * as v from "valibot";
import { AppError, messageOf } from "../../../kit/errors.ts";
import type { DiscoveryOptions } from "../discovery.ts";
import { type HttpAnswer, storeHttp } from "../http.ts";
import { keyInUrl, storeTls } from "../store-url.ts";

/** A key as Consul shows it. */
export interface ConsulPair {
  key: string;
  value: string;
  /** Flags are left out: 64 bits, which JSON.parse would round. */
  session: string;
}

/**
 * Mark of the key-value library of Swarm 1.2.9 on every key it locks; a lock with other flags is refused by it.
 * 64 bits, hence text: no JavaScript number holds it.
 */
export const lockFlags = "3304740253564472344";

/** The part of Consul's HTTP API that discovery and lock need. Source: Consul's API documentation, "KV Store" and "Sessions". */
export interface ConsulApi {
  /** @param wait index to wait past; answers after 15 s in any case */
  read(
    key: string,
    options: { recurse?: boolean; index?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<{ pairs: ConsulPair[]; index: string }>;
  /** @returns false when an acquire or release did not succeed */
  put(key: string, value: string, query: string, signal?: AbortSignal): Promise<boolean>;
  remove(key: string): Promise<void>;
  createSession(behavior: "delete" | "release", ttl: string): Promise<string>;
  /** @returns false when there is no such session any more */
  renewSession(session: string, signal?: AbortSignal): Promise<boolean>;
  destroySession(session: string): Promise<void>;
  close(): void;
}

const timeoutMs = 5_000;
const waitMs = 15_000;

const pairsSchema = v.array(
  v.object({ Key: v.string(), Value: v.nullable(v.string()), Session: v.optional(v.string(), "") }),
);
const sessionSchema = v.object({ ID: v.string() });

export function consulApi(endpoints: readonly string[], options: DiscoveryOptions): ConsulApi {
  const tls = storeTls(options, true);
  const scheme = tls === undefined ? "http" : "https";
  const http = storeHttp(
    endpoints.map((endpoint) => `${scheme}://${endpoint}`),
    tls,
  );
  const headers = authHeaders(options.env ?? {});
  const call = async (
    method: string,
    path: string,
    body?: string,
    signal?: AbortSignal,
    limitMs = timeoutMs,
  ): Promise<HttpAnswer> => {
    try {
      return await http.call({
        method,
        path: `/v1${path}`,
        headers,
        timeoutMs: limitMs,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new AppError("CONSUL_AWAY", `consul: ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    async read(key, { recurse = false, index, signal }) {
      const query = [
        ...(recurse ? ["recurse"] : []),
        ...(index === undefined ? [] : [`index=${index}`, `wait=${waitMs}ms`]),
      ];
      const path = `/kv/${keyInUrl(key)}${recurse ? "/" : ""}${query.length > 0 ? `?${query.join("&")}` : ""}`;
      // Consul adds up to a sixteenth to the wait
      const answer = await call(
        "GET",
        path,
        undefined,
        signal,
        index === undefined ? timeoutMs : waitMs * 1.5,
      );
      if (answer.status !== 200 && answer.status !== 404) throw refused(answer);
      const pairs = answer.status === 404 ? [] : v.parse(pairsSchema, JSON.parse(answer.body));
      return {
        index: String(answer.headers["x-consul-index"] ?? "0"),
        pairs: pairs.map((pair) => ({
          key: pair.Key,
          value: Buffer.from(pair.Value ?? "", "base64").toString("utf8"),
          session: pair.Session,
        })),
      };
    },
    async put(key, value, query, signal) {
      const answer = await call("PUT", `/kv/${keyInUrl(key)}?${query}`, value, signal);
      if (answer.status !== 200) throw refused(answer);
      return answer.body.trim() === "true";
    },
    async remove(key) {
      const answer = await call("DELETE", `/kv/${keyInUrl(key)}`);
      if (answer.status !== 200) throw refused(answer);
    },
    async createSession(behavior, ttl) {
      const body = JSON.stringify({ TTL: ttl, Behavior: behavior, LockDelay: "1ms" });
      const answer = await call("PUT", "/session/create", body);
      if (answer.status !== 200) throw refused(answer);
      return v.parse(sessionSchema, JSON.parse(answer.body)).ID;
    },
    async renewSession(session, signal) {
      const answer = await call("PUT", `/session/renew/${session}`, undefined, signal);
      if (answer.status === 404) return false;
      if (answer.status !== 200) throw refused(answer);
      return true;
    },
    async destroySession(session) {
      await call("PUT", `/session/destroy/${session}`);
    },
    close: () => http.close(),
  };
}

function authHeaders(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const token = env["CONSUL_HTTP_TOKEN"];
  const basic = env["CONSUL_HTTP_AUTH"];
  return {
    ...(token ? { "X-Consul-Token": token } : {}),
    ...(basic ? { Authorization: `Basic ${Buffer.from(basic).toString("base64")}` } : {}),
  };
}

const refused = (answer: HttpAnswer) =>
  new AppError("CONSUL", `consul answered ${answer.status}: ${answer.body.trim().slice(0, 200)}`);
