import { messageOf } from "../../../kit/errors.ts";
import type { ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, listAt, numberAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { healthyNodes, onNodes } from "../fan-out.ts";
import { Filters } from "../query-filters.ts";

const pruneTimeoutMs = 600_000;

interface Kind {
  /** The list in an engine's answer. */
  readonly list: string;
  /** Whether what was deleted is told as "node/name". */
  readonly isNamed: boolean;
  readonly refresh: (exchange: Exchange, node: ClusterNode) => Promise<void>;
}

const kinds: Readonly<Record<string, Kind>> = {
  "/containers/prune": {
    list: "ContainersDeleted",
    isNamed: false,
    refresh: (exchange, node) => exchange.manager.cluster.refreshAll(node),
  },
  "/images/prune": {
    list: "ImagesDeleted",
    isNamed: false,
    refresh: (exchange, node) => exchange.manager.cluster.refreshImages(node),
  },
  "/networks/prune": {
    list: "NetworksDeleted",
    isNamed: true,
    refresh: (exchange, node) => exchange.manager.cluster.refreshNetworks(node),
  },
  "/volumes/prune": {
    list: "VolumesDeleted",
    isNamed: true,
    refresh: (exchange, node) => exchange.manager.cluster.refreshVolumes(node),
  },
  "/build/prune": { list: "CachesDeleted", isNamed: false, refresh: async () => undefined },
};

/** POST /<kind>/prune: on every Healthy node, or on those of a `node` filter; what was freed is added up. */
export async function prune(exchange: Exchange): Promise<void> {
  const kind = kinds[exchange.path];
  if (!kind) throw new SwarmError(404, "404 page not found");
  const filters = new Filters(exchange.query.get("filters"));
  const query = new URLSearchParams(exchange.query);
  if (query.has("filters")) query.set("filters", filters.without(["node"]));
  const path = query.size === 0 ? exchange.path : `${exchange.path}?${query.toString()}`;
  exchange.request.resume();
  const nodes = healthyNodes(exchange.manager).filter((node) =>
    filters.some("node", (name) => name === node.name || name === node.id),
  );
  const outcomes = await onNodes(nodes, async (node) => {
    const { body } = await node.client.json({
      method: "POST",
      path,
      apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
      timeoutMs: pruneTimeoutMs,
    });
    await kind.refresh(exchange, node);
    return isJson(body) ? body : {};
  });
  const deleted: unknown[] = [];
  let freed = 0;
  for (const { node, value, error } of outcomes) {
    if (error !== undefined) exchange.manager.log.warn(`prune on ${node.name}: ${messageOf(error)}`);
    for (const item of listAt(value, kind.list))
      deleted.push(kind.isNamed ? `${node.name}/${String(item)}` : item);
    freed += numberAt(value, "SpaceReclaimed");
  }
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length === outcomes.length && failed.length > 0) {
    const lines = failed.map(({ node, error }) => `${node.name}: ${messageOf(error)}`);
    throw new SwarmError(500, lines.join("\n"));
  }
  const answer: Json = { [kind.list]: deleted.length === 0 ? null : deleted };
  exchange.json(200, exchange.path === "/networks/prune" ? answer : { ...answer, SpaceReclaimed: freed });
}
