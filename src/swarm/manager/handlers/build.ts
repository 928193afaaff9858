import type { ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { hasBody, hijackOrProxy, proxy, requestHeaders } from "../proxy.ts";
import { parseJsonText } from "../request-json.ts";
import { engineLines, failureIn, isOsMismatch } from "../streams/engine-lines.ts";
import { LineWriter } from "../streams/line-writer.ts";
import { refreshImages } from "./images.ts";

const sessionWaitMs = 5_000;
/** How long a session of a client that also has a build connection open waits for a plain build to name its node. */
const shortWaitMs = 300;

/** POST /build: on one node, which filters and strategy choose. */
export async function build(exchange: Exchange): Promise<void> {
  const query = new URLSearchParams(exchange.query);
  const version = query.get("version") ?? "";
  if (!["", "1", "2"].includes(version)) throw new SwarmError(500, `invalid version ${version}`);
  const { args, expressions } = splitArgs(query.get("buildargs"));
  if (args) query.set("buildargs", JSON.stringify(args));
  const node = nodeFor(exchange, query, expressions);
  const path = `/build?${query.toString()}`;
  if (version === "2") {
    await proxy(exchange, node, { path, onEnd: () => refreshImages(exchange, node) });
    return;
  }
  await classicBuild(exchange, node, path);
}

/** The node of the build that the request belongs to, else a new choice; remembered for what follows. */
function nodeFor(exchange: Exchange, query: URLSearchParams, expressions: readonly string[]): ClusterNode {
  const { builds, cluster } = exchange.manager;
  const session = query.get("session") ?? "";
  const buildId = query.get("buildid") ?? "";
  const known =
    (buildId === "" ? undefined : builds.get(`build:${buildId}`)) ??
    (session === "" ? undefined : builds.get(`session:${session}`));
  const node =
    known?.status === "Healthy"
      ? known
      : cluster.selectNode({
          Env: expressions,
          HostConfig: {
            CpuShares: wholeNumber(query.get("cpushares")),
            Memory: wholeNumber(query.get("memory")),
          },
        });
  if (session !== "") builds.set(`session:${session}`, node);
  if (buildId !== "") builds.set(`build:${buildId.replace(/^upload-request:/, "")}`, node);
  return node;
}

function wholeNumber(text: string | null): number {
  const value = Number(text ?? 0);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

const expression = /^(?:constraint|affinity):/;

/** Takes what is meant for the scheduler out of the build args. @throws SwarmError 400 */
function splitArgs(text: string | null): { args: Json | undefined; expressions: string[] } {
  if (text === null || text === "") return { args: undefined, expressions: [] };
  const parsed = parseJsonText(text);
  if (parsed === null) return { args: undefined, expressions: [] };
  if (!isJson(parsed)) throw new SwarmError(400, "buildargs must be a JSON object");
  const expressions = Object.entries(parsed)
    .filter(([key]) => expression.test(key))
    .map(([key, value]) => (typeof value === "string" && value !== "" ? `${key}=${value}` : key));
  const args = Object.fromEntries(Object.entries(parsed).filter(([key]) => !expression.test(key)));
  return { args, expressions };
}

/** The classic builder tells its steps as a stream; each line gets the node's name. */
async function classicBuild(exchange: Exchange, node: ClusterNode, path: string): Promise<void> {
  const { request } = exchange;
  const answer = await node.client.stream({
    method: "POST",
    path,
    headers: requestHeaders(request),
    ...(hasBody(request.headers) ? { body: request } : {}),
    signal: exchange.signal,
    apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
  });
  const lines = engineLines(answer);
  let line = await lines.next(); // a refusal still becomes a status
  const writer = new LineWriter(exchange);
  try {
    for (; line.done !== true; line = await lines.next()) {
      const failure = failureIn(line.value);
      if (failure !== "" && isOsMismatch(failure)) {
        await writer.fail(
          `Could not build image: ${failure}. Consider using --build-arg 'constraint:ostype==windows'`,
        );
      } else await writer.write({ ...line.value, id: node.name });
    }
    await refreshImages(exchange, node);
  } finally {
    if (line.done === true) writer.end();
    else exchange.response.destroy();
  }
}

/** POST /build/cancel?id=…, on the node that builds it. */
export async function cancelBuild(exchange: Exchange): Promise<void> {
  const id = exchange.query.get("id") ?? "";
  if (id === "") throw new SwarmError(400, "build ID not provided");
  const node = exchange.manager.builds.get(`build:${id}`);
  if (!node) throw new SwarmError(404, `no such build: ${id}`);
  await proxy(exchange, node, { path: `/build/cancel?${exchange.rawQuery}` });
}

/** POST /session: BuildKit's connection back to the client, joined to the node that builds for it. */
export async function session(exchange: Exchange): Promise<void> {
  const id = exchange.header("x-docker-expose-session-uuid") ?? "";
  if (id === "") throw new SwarmError(400, "no session ID provided");
  const { builds } = exchange.manager;
  const ofClient = builds.get(clientKey(exchange));
  const waitMs = ofClient ? shortWaitMs : sessionWaitMs;
  const watch = watchEnd(exchange);
  const waiting = builds.wait(`session:${id}`, waitMs, watch.signal).finally(watch.stop);
  const node = (await waiting) ?? ofClient;
  if (watch.signal.aborted) throw new SwarmError(500, "the client went away");
  if (!node) throw new SwarmError(500, `no build asked for the session ${id} in time`);
  await hijackOrProxy(exchange, node, "/session");
}

/**
 * A signal that aborts when the client leaves, also one that only closed its side of a connection that was taken over:
 * nobody reads there yet, and a session is nothing without its client.
 */
function watchEnd(exchange: Exchange): { signal: AbortSignal; stop: () => void } {
  const ended = new AbortController();
  const socket = exchange.takeover?.socket;
  const onReadable = () => {
    if (socket?.readableLength === 0) socket.read(); // lets the end be seen, takes nothing
  };
  const onEnd = () => ended.abort();
  socket?.on("end", onEnd).on("readable", onReadable);
  return {
    signal: AbortSignal.any([exchange.signal, ended.signal]),
    stop: () => {
      socket?.off("readable", onReadable).off("end", onEnd);
    },
  };
}

/** POST /grpc: buildx' connection to BuildKit; all of one client go to one node. */
export async function buildKit(exchange: Exchange): Promise<void> {
  const { builds, cluster } = exchange.manager;
  const key = clientKey(exchange);
  const known = builds.get(key);
  const node = known?.status === "Healthy" ? known : cluster.selectNode({});
  builds.set(key, node);
  try {
    await hijackOrProxy(exchange, node, "/grpc");
  } finally {
    await refreshImages(exchange, node);
  }
}

function clientKey(exchange: Exchange): string {
  return `client:${exchange.request.socket.remoteAddress ?? "local"}`;
}
