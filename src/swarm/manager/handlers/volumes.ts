import { randomBytes } from "node:crypto";
import type { ClusterNode, ClusterVolume } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, listAt, textAt, textMapAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { healthyNodes, onNodes, valuesOrThrow } from "../fan-out.ts";
import { Filters, hasLabel } from "../query-filters.ts";
import { parseClientJson } from "../request-json.ts";
import { isWanted, splitNodeName } from "./node-names.ts";

const whitelistLabel = "com.docker.swarm.whitelists";

/** GET /volumes; those of the local driver carry their node's name. */
export function listVolumes(exchange: Exchange): void {
  const filters = new Filters(exchange.query.get("filters"));
  const { cluster } = exchange.manager;
  const dangling = filters.flag("dangling");
  const used = dangling === undefined ? undefined : usedVolumes(exchange);
  const volumes: Json[] = [];
  for (const { node, summary } of cluster.volumes()) {
    const name = textAt(summary, "Name");
    const isLocal = textAt(summary, "Driver") === "local";
    const shown = isLocal ? `${node.name}/${name}` : name;
    if (!isWanted(filters.get("name"), [shown], "part")) continue;
    if (!filters.some("node", (wanted) => isLocal && (wanted === node.name || wanted === node.id))) continue;
    if (!filters.some("driver", (driver) => driver === textAt(summary, "Driver"))) continue;
    if (!filters.every("label", (label) => hasLabel(textMapAt(summary, "Labels"), label))) continue;
    if (used !== undefined && dangling === used.has(`${node.addr}/${name}`)) continue;
    volumes.push(isLocal ? { ...summary, Name: shown } : summary);
  }
  exchange.json(200, { Volumes: volumes, Warnings: null });
}

/** "address/name" of every volume that a container has. */
function usedVolumes(exchange: Exchange): Set<string> {
  const used = new Set<string>();
  for (const { node, summary } of exchange.manager.cluster.containers()) {
    for (const mount of listAt(summary, "Mounts"))
      if (isJson(mount) && textAt(mount, "Name") !== "") used.add(`${node.addr}/${textAt(mount, "Name")}`);
  }
  return used;
}

/** GET /volumes/X, as its engine tells it. */
export async function inspectVolume(exchange: Exchange): Promise<void> {
  const volume = exchange.manager.cluster.volume(exchange.name);
  if (!volume) throw new SwarmError(404, `No such volume: ${exchange.name}`);
  const { client, status } = volume.node;
  if (status !== "Healthy") {
    exchange.json(200, volume.summary);
    return;
  }
  const path = `/volumes/${encodeURIComponent(textAt(volume.summary, "Name"))}`;
  const apiVersion = client.nearestApiVersion(exchange.apiVersion);
  exchange.json(200, (await client.json({ method: "GET", path, apiVersion })).body);
}

/** POST /volumes/create: on one node for "node/name", else on all, or on those of a whitelist label. */
export async function createVolume(exchange: Exchange): Promise<void> {
  const { cluster } = exchange.manager;
  const text = (await exchange.readBody()).toString("utf8");
  const body = text.trim() === "" ? {} : parseClientJson(text);
  const [nodeName, given] = splitNodeName(textAt(body, "Name"));
  const name = given === "" ? randomBytes(32).toString("hex") : given;
  const nodes = nodesFor(exchange, nodeName, textMapAt(body, "Labels"));
  if (nodes.length === 0) {
    if (nodeName !== "") cluster.selectNode({ Env: [`constraint:node==${nodeName}`] }); // its text names the node
    throw new SwarmError(500, "No nodes available in the cluster");
  }
  const outcomes = await onNodes(nodes, async (node) => {
    const answer = await node.client.json({
      method: "POST",
      path: "/volumes/create",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, Name: name }),
      apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
      timeoutMs: 60_000,
    });
    await refreshVolumes(exchange, node);
    return answer.body;
  });
  const [first] = valuesOrThrow(outcomes);
  exchange.json(201, first);
}

function nodesFor(
  exchange: Exchange,
  nodeName: string,
  labels: Readonly<Record<string, string>>,
): ClusterNode[] {
  const healthy = healthyNodes(exchange.manager);
  const isNamed = (node: ClusterNode, name: string) => node.name === name || node.id === name;
  if (nodeName !== "") return healthy.filter((node) => isNamed(node, nodeName));
  const whitelist = labels[whitelistLabel];
  if (whitelist === undefined) return healthy;
  const allowed = allowedNodes(whitelist);
  return healthy.filter((node) => allowed.some((name) => isNamed(node, name)));
}

/** Reads `["node==a|b"]`. @throws SwarmError 400 */
function allowedNodes(text: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined; // told below
  }
  if (!Array.isArray(parsed)) throw new SwarmError(400, `the label ${whitelistLabel} must be a JSON list`);
  return parsed.flatMap((entry) =>
    String(entry)
      .replace(/^node==/, "")
      .split("|"),
  );
}

/** DELETE /volumes/X, on every node where the name fits. */
export async function removeVolume(exchange: Exchange): Promise<void> {
  const matches = volumesNamed(exchange);
  if (matches.length === 0) throw new SwarmError(404, `No such volume ${exchange.name}`);
  const force = exchange.flag("force") ? "?force=1" : "";
  const byNode = new Map(matches.map((volume) => [volume.node, textAt(volume.summary, "Name")]));
  const outcomes = await onNodes([...byNode.keys()], async (node) => {
    const path = `/volumes/${encodeURIComponent(byNode.get(node) ?? "")}${force}`;
    await node.client.read({ method: "DELETE", path, timeoutMs: 60_000 });
    await refreshVolumes(exchange, node);
    return true;
  });
  valuesOrThrow(outcomes);
  exchange.empty(204);
}

function volumesNamed(exchange: Exchange): ClusterVolume[] {
  const wanted = exchange.name.replace(/^\//, "");
  return [...exchange.manager.cluster.volumes()].filter(({ node, summary }) => {
    const name = textAt(summary, "Name");
    return wanted === name || wanted === `${node.name}/${name}` || wanted === `${node.id}/${name}`;
  });
}

async function refreshVolumes(exchange: Exchange, node: ClusterNode): Promise<void> {
  try {
    await exchange.manager.cluster.refreshVolumes(node);
  } catch {
    // the next refresh shows it
  }
}
