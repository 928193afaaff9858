import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { messageOf } from "../../../kit/errors.ts";
import type { ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { textAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { healthyNodes } from "../fan-out.ts";
import { copyToAll } from "../streams/copy-to-all.ts";
import { engineLines, failureIn, isOsMismatch } from "../streams/engine-lines.ts";
import { LineWriter } from "../streams/line-writer.ts";
import { refreshImages } from "./images.ts";

/** POST /images/create: a pull by every node, or an import of one archive into every node. */
export async function createImage(exchange: Exchange): Promise<void> {
  if (exchange.query.has("fromSrc")) await importImage(exchange);
  else await pullImage(exchange);
}

async function pullImage(exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const from = query.get("fromImage") ?? "";
  if (from === "") throw new SwarmError(400, "no image to pull was named");
  const tag = query.get("tag") ?? "";
  const shown = tag === "" ? from : `${from}${tag.includes(":") ? "@" : ":"}${tag}`;
  const title = `Pulling ${shown}...`;
  exchange.request.resume();
  await everywhere(exchange, { title, isStartShown: true, isEndShown: true }, (node) =>
    node.client.stream({
      method: "POST",
      path: `/images/create?${exchange.rawQuery}`,
      headers: { "X-Registry-Auth": exchange.header("x-registry-auth") },
      apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
      signal: exchange.signal,
    }),
  );
}

async function importImage(exchange: Exchange): Promise<void> {
  const path = `/images/create?${exchange.rawQuery}`;
  await withBody(exchange, path, "Importing");
}

/** POST /images/load: one archive into every node, at the speed of the slowest. */
export async function loadImages(exchange: Exchange): Promise<void> {
  const path = exchange.rawQuery === "" ? "/images/load" : `/images/load?${exchange.rawQuery}`;
  await withBody(exchange, path, "Loading Image...");
}

/** Sends the client's body to every node and joins what they report. */
async function withBody(exchange: Exchange, path: string, title: string): Promise<void> {
  const nodes = requireNodes(exchange);
  const copies = new Map(nodes.map((node) => [node, new PassThrough()]));
  const copying = copyToAll(exchange.request, [...copies.values()]);
  const type = exchange.header("content-type");
  await everywhere(exchange, { title, isStartShown: false, isEndShown: false }, (node) => {
    const body = copies.get(node);
    return node.client.stream({
      method: "POST",
      path,
      headers: { "Content-Type": type },
      ...(body === undefined ? {} : { body }),
      apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
      signal: exchange.signal,
    });
  });
  for (const copy of copies.values()) copy.destroy();
  await copying;
}

function requireNodes(exchange: Exchange): ClusterNode[] {
  const nodes = healthyNodes(exchange.manager);
  if (nodes.length === 0) throw new SwarmError(500, "No nodes available in the cluster");
  return nodes;
}

interface Telling {
  readonly title: string;
  readonly isStartShown: boolean;
  readonly isEndShown: boolean;
}

/** Runs it on every node, passing each node's progress on under its name; a failure of any is told at the end. */
async function everywhere(
  exchange: Exchange,
  telling: Telling,
  start: (node: ClusterNode) => Promise<IncomingMessage>,
): Promise<void> {
  const nodes = requireNodes(exchange);
  const writer = new LineWriter(exchange);
  const { title } = telling;
  const failures: string[] = [];
  const run = async (node: ClusterNode): Promise<void> => {
    const tell = (status: string) => writer.write({ status, id: node.name });
    try {
      if (telling.isStartShown) await tell(title);
      for await (const line of engineLines(await start(node))) {
        const failure = failureIn(line);
        if (failure !== "") throw new SwarmError(500, `Error response from daemon: ${failure}`);
        await writer.write(lineOf(line, title, node));
      }
      await refreshImages(exchange, node);
      if (telling.isEndShown) await tell(title);
    } catch (error) {
      failures.push(messageOf(error));
      await tell(`${title} : ${messageOf(error)}`);
    }
  };
  await Promise.all(nodes.map(run));
  const isHarmless = failures.length < nodes.length && failures.every(isOsMismatch);
  if (failures.length > 0 && !isHarmless) await writer.fail(failures.at(-1) ?? "");
  writer.end();
}

/** "Loaded image: x" and the like come as `stream`, layers as `status` with an id of their own. */
function lineOf(line: Json, title: string, node: ClusterNode): Json {
  const { id, ...rest } = line;
  const what = typeof id === "string" && id !== "" ? `${id}: ` : "";
  const stream = textAt(line, "stream");
  if (stream !== "") return { ...rest, id: node.name };
  return { ...rest, status: `${title} : ${what}${textAt(line, "status")}`, id: node.name };
}
