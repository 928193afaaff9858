import { messageOf } from "../../../kit/errors.ts";
import type { ClusterImage, ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";
import { onNodes, valuesOrThrow } from "../fan-out.ts";
import { proxy } from "../proxy.ts";
import { findReachable, missing } from "./find-container.ts";

const slowCallMs = 300_000;

/** Any copy of the image on a Healthy node. @throws SwarmError 404 */
function copyOf(exchange: Exchange, name: string): ClusterImage {
  const copies = exchange.manager.cluster.findImages(name);
  const copy = copies.find(({ node }) => node.status === "Healthy");
  if (!copy) throw new SwarmError(404, `No such image: ${name}`);
  return copy;
}

/** The nodes that have the image. @throws SwarmError 404 */
function holdersOf(exchange: Exchange, text: (name: string) => string): ClusterNode[] {
  const nodes = new Set(exchange.manager.cluster.findImages(exchange.name).map(({ node }) => node));
  const reachable = [...nodes].filter(({ status }) => status === "Healthy");
  if (reachable.length === 0) throw new SwarmError(404, text(exchange.name));
  return reachable;
}

function wholePath(exchange: Exchange): string {
  return exchange.rawQuery === "" ? exchange.path : `${exchange.path}?${exchange.rawQuery}`;
}

/** GET /images/X/json, /history, /get and POST /images/X/push: any node that has it. */
export async function proxyImage(exchange: Exchange): Promise<void> {
  await proxy(exchange, copyOf(exchange, exchange.name).node, { path: wholePath(exchange) });
}

/** GET /images/get?names=…: a node that has all. */
export async function saveImages(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const names = exchange.query.getAll("names").flatMap((text) => text.split(","));
  let nodes: ClusterNode[] | undefined;
  for (const name of names) {
    const holders = new Set(cluster.findImages(name).map(({ node }) => node));
    nodes = (nodes ?? [...holders]).filter((node) => holders.has(node) && node.status === "Healthy");
  }
  const [node] = nodes ?? [];
  if (!node)
    throw new SwarmError(404, `Unable to find a healthy engine containing all images: [${names.join(" ")}]`);
  await proxy(exchange, node, { path: wholePath(exchange) });
}

/** POST /images/X/tag, on every node that has X. */
export async function tagImage(exchange: Exchange): Promise<void> {
  const nodes = holdersOf(exchange, (name) => `No such image: ${name}`);
  valuesOrThrow(
    await onNodes(nodes, async (node) => {
      await node.client.read({ method: "POST", path: wholePath(exchange) });
      await refreshImages(exchange, node);
    }),
  );
  exchange.empty(201);
}

/** DELETE /images/X, on every node that has X; the lists of what went are joined. */
export async function removeImage(exchange: Exchange): Promise<void> {
  const nodes = holdersOf(exchange, (name) => `No such image ${name}`);
  const outcomes = await onNodes(nodes, async (node) => {
    const answer = await node.client.json({
      method: "DELETE",
      path: wholePath(exchange),
      timeoutMs: slowCallMs,
    });
    await refreshImages(exchange, node);
    const list: unknown[] = Array.isArray(answer.body) ? answer.body : [];
    return list;
  });
  exchange.json(200, valuesOrThrow(outcomes).flat());
}

/** POST /commit?container=X. */
export async function commitContainer(exchange: Exchange): Promise<void> {
  const name = exchange.query.get("container") ?? "";
  const container = findReachable(exchange, missing.proxied, name);
  const query = new URLSearchParams(exchange.query);
  query.set("container", container.id);
  await proxy(exchange, container.node, {
    path: `/commit?${query.toString()}`,
    onHead: () => refreshImages(exchange, container.node),
  });
}

/** Looks at a node's images again; a failure shows at the next refresh. */
export async function refreshImages(exchange: Exchange, node: ClusterNode): Promise<void> {
  const { cluster, log } = exchange.manager;
  try {
    await cluster.refreshImages(node);
  } catch (error) {
    log.debug(`refresh of images on ${node.name}: ${messageOf(error)}`);
  }
}
