import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../../kit/clock.ts";
import { SwarmError } from "../../errors.ts";
import type { ClusterBook, ListedPart } from "./book.ts";

const mostBodyBytes = 4_096;
const mostWaitMs = 60_000;
const mostTtlSeconds = 30 * 24 * 3_600;

export interface ServiceCall {
  readonly method: string;
  /** The path behind /v1/clusters. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clusters: ClusterBook;
  readonly defaultTtlSeconds: number;
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
}

/** Answers one request of the protocol in docs/discovery.md. */
export async function routeRequest(call: ServiceCall): Promise<void> {
  try {
    await answer(call);
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    text(call, error.status, `${error.message}\n`);
  }
}

async function answer(call: ServiceCall): Promise<void> {
  const { method, clusters } = call;
  const [id, part, third, ...more] = call.rest.split("/").slice(1).map(decode);
  const isReading = method === "GET" || method === "HEAD";
  if (!isReading && !call.mayWrite()) {
    throw new SwarmError(403, "registering in this cluster needs a client certificate of its CA");
  }
  if (more.length > 0) throw new SwarmError(404, "no such page");
  if (id === undefined || id === "") {
    if (isReading) return json(call, clusters.list());
    if (method === "POST") return text(call, 200, await clusters.create(await nameOf(call)));
  } else if (part === undefined) {
    if (isReading) return members(call, id);
    if (method === "POST") return register(call, id);
    if (method === "DELETE") {
      await clusters.remove(id);
      return text(call, 200, "");
    }
  } else if (part === "nodes" && third !== undefined) {
    if (method === "DELETE") {
      await clusters.unregister(id, third);
      return text(call, 200, "");
    }
  } else if (part === "drained") {
    return drained(call, id, third);
  } else if (part === "leader" && third === undefined) {
    return leader(call, id);
  } else {
    throw new SwarmError(404, "no such page");
  }
  throw new SwarmError(405, `${method} is not for this page`);
}

async function members(call: ServiceCall, id: string): Promise<void> {
  await waitForChange(call, id, "members");
  call.response.setHeader("X-Discovery-Index", String(call.clusters.index(id, "members")));
  json(call, call.clusters.entries(id));
}

async function drained(call: ServiceCall, id: string, addr: string | undefined): Promise<void> {
  const { clusters, method } = call;
  if (addr === undefined && method === "GET") {
    await waitForChange(call, id, "drained");
    call.response.setHeader("X-Discovery-Index", String(clusters.index(id, "drained")));
    return json(call, clusters.drained(id));
  }
  if (addr === undefined || (method !== "PUT" && method !== "DELETE"))
    throw new SwarmError(405, `${method} is not for this page`);
  await readBody(call);
  await (method === "PUT" ? clusters.mark(id, addr) : clusters.unmark(id, addr));
  text(call, 200, "");
}

async function register(call: ServiceCall, id: string): Promise<void> {
  const addr = (await readBody(call)).trim();
  await call.clusters.register(id, addr, ttlMs(call, call.defaultTtlSeconds));
  text(call, 200, "");
}

async function leader(call: ServiceCall, id: string): Promise<void> {
  const { clusters, method } = call;
  if (method === "GET") {
    await waitForChange(call, id, "leader");
    call.response.setHeader("X-Discovery-Index", String(clusters.index(id, "leader")));
    return text(call, 200, clusters.leader(id));
  }
  const session = call.query.get("session") ?? "";
  if (!/^[\w-]{1,64}$/.test(session)) throw new SwarmError(400, "a lock needs a session");
  if (method === "DELETE") {
    await clusters.release(id, session);
    return text(call, 200, "");
  }
  if (method !== "PUT") throw new SwarmError(405, `${method} is not for this page`);
  const value = (await readBody(call)).trim();
  if (value === "") throw new SwarmError(400, "a lock needs a value");
  const taken = await clusters.take(id, session, value, ttlMs(call, 20));
  return text(call, taken ? 200 : 409, clusters.leader(id));
}

/** Holds the request while the client's index is that of now, at most as long as it asked for. */
async function waitForChange(call: ServiceCall, id: string, of: ListedPart): Promise<void> {
  const { clusters, query, response } = call;
  const index = Number(query.get("index") ?? Number.NaN);
  const waitMs = Math.min(Number(query.get("wait") ?? 0) * 1_000, mostWaitMs);
  if (!Number.isFinite(index) || !(waitMs > 0) || clusters.index(id, of) !== index) return;
  const over = new AbortController();
  const end = () => over.abort();
  const stop = clusters.onChange(() => {
    if (clusters.index(id, of) !== index) end();
  });
  response.on("close", end);
  await call.clock.delay(waitMs, over.signal).catch(() => undefined); // ended early: a change, or the client left
  stop();
  response.off("close", end);
}

async function nameOf(call: ServiceCall): Promise<string> {
  await readBody(call); // the clients of old send none
  return call.query.get("name") ?? "";
}

function ttlMs(call: ServiceCall, fallbackSeconds: number): number {
  const given = call.query.get("ttl");
  const seconds = given === null || given === "" ? 0 : Number(given);
  if (!(seconds >= 0 && seconds <= mostTtlSeconds))
    throw new SwarmError(400, `"${given}" is no ttl in seconds`);
  return (seconds === 0 ? fallbackSeconds : seconds) * 1_000;
}

async function readBody(call: ServiceCall): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of call.request) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > mostBodyBytes) throw new SwarmError(413, "the body is too long");
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new SwarmError(400, "the path is badly escaped"); // URIError says no more
  }
}

function json(call: ServiceCall, body: unknown): void {
  send(call, 200, "application/json", JSON.stringify(body));
}

function text(call: ServiceCall, status: number, body: string): void {
  send(call, status, "text/plain; charset=utf-8", body);
}

function send(call: ServiceCall, status: number, type: string, body: string): void {
  const { request, response } = call;
  if (!request.complete) {
    // what was not read of the body must not be taken for the next request
    response.setHeader("Connection", "close");
    request.resume();
  }
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(call.method === "HEAD" ? undefined : body);
}
