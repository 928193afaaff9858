import { messageOf } from "../../../kit/errors.ts";
import type { ClusterNetwork, ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, objectAt, textAt, textMapAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { onNodes, valuesOrThrow } from "../fan-out.ts";
import { proxy } from "../proxy.ts";
import { Filters, hasLabel, invalidFilter } from "../query-filters.ts";
import { isWanted, splitNodeName } from "./node-names.ts";

const builtin: ReadonlySet<string> = new Set(["bridge", "host", "none", "docker_gwbridge", "ingress", "nat"]);

function missingNetwork(name: string, colon = ":"): SwarmError {
  return new SwarmError(404, `No such network${colon} ${name}`);
}

/** GET /networks; local ones carry their node's name, others are shown once. */
export function listNetworks(exchange: Exchange): void {
  const filters = new Filters(exchange.query.get("filters"));
  for (const type of filters.get("type"))
    if (type !== "custom" && type !== "builtin") throw invalidFilter("type", type);
  const dangling = filters.flag("dangling");
  const shared = new Set<string>();
  const containers = exchange.manager.endpoints.byNetwork(exchange.manager.cluster);
  const bodies: Json[] = [];
  for (const { summary, node } of exchange.manager.cluster.networks()) {
    const name = textAt(summary, "Name");
    const id = textAt(summary, "Id");
    const isLocal = textAt(summary, "Scope") === "local";
    if (!isWanted(filters.get("name"), [name, `${node.name}/${name}`], "part")) continue;
    if (!isWanted(filters.get("id"), [id], "start")) continue;
    if (!filters.some("driver", (driver) => driver === textAt(summary, "Driver"))) continue;
    if (!filters.some("scope", (scope) => scope === textAt(summary, "Scope"))) continue;
    if (!filters.some("type", (type) => (type === "builtin") === builtin.has(name))) continue;
    if (!filters.some("node", (wanted) => wanted === node.name || wanted === node.id)) continue;
    if (!filters.every("label", (label) => hasLabel(textMapAt(summary, "Labels"), label))) continue;
    if (dangling !== undefined && dangling !== isUnused(name, containers.get(id))) continue;
    if (!isLocal && shared.has(id)) continue;
    shared.add(id);
    const shown = isLocal ? `${node.name}/${name}` : name;
    bodies.push({ ...summary, Name: shown, Containers: containers.get(id) ?? {} });
  }
  exchange.json(200, bodies);
}

function isUnused(name: string, containers: Record<string, Json> | undefined): boolean {
  return !builtin.has(name) && containers === undefined;
}

/** GET /networks/X: asked of the engine, or of all that share it, whose containers are put together. */
export async function inspectNetwork(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const network = cluster.network(exchange.name);
  if (!network) throw missingNetwork(exchange.name);
  const id = textAt(network.summary, "Id");
  const query = exchange.rawQuery === "" ? "" : `?${exchange.rawQuery}`;
  const path = `/networks/${id}${query}`;
  const nodes = holdersOf(exchange, network);
  if (nodes.length === 0) {
    exchange.json(200, network.summary);
    return;
  }
  const outcomes = await onNodes(nodes, async (node) => {
    const apiVersion = node.client.nearestApiVersion(exchange.apiVersion);
    return (await node.client.json({ method: "GET", path, apiVersion })).body;
  });
  const bodies = outcomes.map(({ value }) => value).filter(isJson);
  const [first] = bodies;
  if (!first) valuesOrThrow(outcomes);
  const containers = Object.assign({}, ...bodies.map((body) => objectAt(body, "Containers")));
  exchange.json(200, { ...(first ?? network.summary), Containers: containers });
}

/** The Healthy nodes on which the network is. */
function holdersOf(exchange: Exchange, network: ClusterNetwork): ClusterNode[] {
  const { cluster } = exchange.manager;
  const id = textAt(network.summary, "Id");
  const nodes = new Set([network.node]);
  if (textAt(network.summary, "Scope") !== "local")
    for (const { node, summary } of cluster.networks()) if (textAt(summary, "Id") === id) nodes.add(node);
  return [...nodes].filter(({ status }) => status === "Healthy");
}

/** POST /networks/create; "node/name" names the node, else filters and strategy choose it. */
export async function createNetwork(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const body = await exchange.readJson();
  const [nodeName, name] = splitNodeName(textAt(body, "Name"));
  if (name === "") throw new SwarmError(400, "network name cannot be empty");
  const env = nodeName === "" ? [] : [`constraint:node==${nodeName}`];
  const node = cluster.selectNode({ Env: env });
  const driver = textAt(body, "Driver") || "overlay";
  try {
    const answer = await node.client.json({
      method: "POST",
      path: "/networks/create",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, Name: name, Driver: driver }),
      apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
      timeoutMs: 60_000,
    });
    const isShared = driver === "overlay" || textAt(body, "Scope") === "global";
    await refreshNetworks(exchange, isShared ? cluster.nodes() : [node]);
    const created = isJson(answer.body) ? answer.body : {};
    exchange.json(201, { Id: textAt(created, "Id"), Warning: textAt(created, "Warning") });
  } catch (error) {
    throw new SwarmError(500, messageOf(error), { cause: error });
  }
}

/** POST /networks/X/connect and /disconnect, on the container's node. */
export async function changeNetwork(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const isConnecting = exchange.path.endsWith("/connect");
  const body = await exchange.readJson();
  const network = cluster.network(exchange.name);
  if (!network) throw missingNetwork(exchange.name);
  const name = textAt(body, "Container");
  const container = cluster.container(name);
  if (!container) throw new SwarmError(404, `No such container: ${name}`);
  const id = textAt(network.summary, "Id");
  const isLocal = textAt(network.summary, "Scope") === "local";
  let { node } = container;
  if (node.status !== "Healthy") {
    const other = holdersOf(exchange, network).find((holder) => holder !== node);
    if (isConnecting || isLocal || body["Force"] !== true || !other)
      throw new SwarmError(500, `Container ${name} running on unhealthy node ${node.name}`);
    node = other;
  }
  const reference = isLocal ? id : textAt(network.summary, "Name");
  await node.client.read({
    method: "POST",
    path: `/networks/${encodeURIComponent(reference)}/${isConnecting ? "connect" : "disconnect"}`,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, Container: node === container.node ? container.id : name }),
    apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
    timeoutMs: 60_000,
  });
  await Promise.allSettled([cluster.refreshContainer(container), refreshNetworks(exchange, [node])]);
  exchange.empty(200);
}

/** DELETE /networks/X. */
export async function removeNetwork(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const network = cluster.network(exchange.name);
  if (!network) throw missingNetwork(exchange.name, "");
  const [node = network.node] = holdersOf(exchange, network);
  await proxy(exchange, node, {
    path: `/networks/${textAt(network.summary, "Id")}`,
    onHead: () =>
      refreshNetworks(exchange, textAt(network.summary, "Scope") === "local" ? [node] : cluster.nodes()),
  });
}

async function refreshNetworks(exchange: Exchange, nodes: readonly ClusterNode[]): Promise<void> {
  const healthy = nodes.filter(({ status }) => status === "Healthy");
  await onNodes(healthy, (node) => exchange.manager.cluster.refreshNetworks(node));
}
