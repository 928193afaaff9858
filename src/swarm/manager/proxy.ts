import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ClusterNode } from "../cluster/cluster.ts";
import { EngineUnreachableError } from "../engine/errors.ts";
import type { Exchange } from "./exchange.ts";
import { headText, joinConnections } from "./hijack.ts";

const perHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
]);

/** Headers that the manager answers for itself. */
const own: ReadonlySet<string> = new Set(["api-version", "server", "ostype", "docker-experimental", "date"]);

/** The client's headers for the next hop, as they were written. */
export function requestHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    if (perHop.has(name.toLowerCase())) continue;
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else headers[name] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return headers;
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

export interface ProxyOptions {
  /** Path and query for the engine, without version. */
  readonly path: string;
  /** Called when the engine has answered well, before the client hears of it. */
  readonly onHead?: (status: number) => Promise<void>;
  /** Called when the answer is complete, before the client's ends. */
  readonly onEnd?: (status: number) => Promise<void>;
}

/** Passes the request to the node's engine and the answer back, streaming both. */
export async function proxy(exchange: Exchange, node: ClusterNode, options: ProxyOptions): Promise<void> {
  const { request } = exchange;
  const answer = await node.client.stream({
    method: exchange.method,
    path: options.path,
    headers: requestHeaders(request),
    ...(hasBody(request.headers) ? { body: request } : {}),
    signal: exchange.signal,
    apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
  });
  const status = answer.statusCode ?? 500;
  if (options.onHead && status < 400) await options.onHead(status);
  await passAnswer(answer, exchange.response, own, options.onEnd);
}

/** Copies an answer to the client's, at the client's speed; what is cut on one side is cut on the other. */
export async function passAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  leaveOut: ReadonlySet<string>,
  onEnd?: (status: number) => Promise<void>,
): Promise<void> {
  const status = answer.statusCode ?? 500;
  if (response.destroyed) {
    answer.destroy();
    return;
  }
  const { rawHeaders } = answer;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const lower = name.toLowerCase();
    if (!perHop.has(lower) && !leaveOut.has(lower)) response.appendHeader(name, rawHeaders[at + 1] ?? "");
  }
  response.statusCode = status;
  if (answer.headers["content-length"] === undefined) response.flushHeaders(); // it may be long until the first byte
  await new Promise<void>((resolve) => {
    const onClientGone = () => {
      if (!response.writableFinished) answer.destroy();
      resolve();
    };
    response.once("close", onClientGone);
    answer.once("error", () => response.destroy());
    answer.once("close", () => {
      if (!answer.complete) response.destroy(); // cut short: the client must see that, too
    });
    answer.pipe(response, { end: false });
    answer.once("end", () => {
      const finish = () => response.end(resolve);
      if (onEnd) onEnd(status).then(finish, finish);
      else finish();
    });
  });
}

/** Joins the client's connection to the engine's where the client asked for that, else passes an ordinary answer. */
export async function hijackOrProxy(exchange: Exchange, node: ClusterNode, path: string): Promise<void> {
  const { takeover, request } = exchange;
  if (!takeover) {
    await proxy(exchange, node, { path });
    return;
  }
  const far = await node.client.connect(exchange.signal);
  if (takeover.socket.destroyed) {
    far.destroy();
    throw new EngineUnreachableError("the client went away");
  }
  const version = node.client.nearestApiVersion(exchange.apiVersion);
  far.write(headText(request, version === "" ? path : `/v${version}${path}`, node.addr, takeover.isUpgrade));
  await joinConnections(takeover, far);
}
