import type { ClusterContainer } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";

/** Texts of a missing container, by family of routes. */
export const missing = {
  plain: (name: string) => `No such container ${name}`,
  removal: (name: string) => `Container ${name} not found`,
  proxied: (name: string) => `No such container: ${name}`,
} as const;

/** @throws SwarmError 404 with the family's text */
export function findContainer(
  exchange: Exchange,
  text: (name: string) => string,
  name = exchange.name,
): ClusterContainer {
  const container = exchange.manager.cluster.container(name);
  if (!container) throw new SwarmError(404, text(name));
  return container;
}

/** @throws SwarmError 404, or 500 where its node is not Healthy */
export function findReachable(
  exchange: Exchange,
  text: (name: string) => string,
  name = exchange.name,
): ClusterContainer {
  const container = findContainer(exchange, text, name);
  if (container.node.status !== "Healthy")
    throw new SwarmError(500, `Container ${name} running on unhealthy node ${container.node.name}`);
  return container;
}

/** The engine's path of a container, with the client's query. */
export function containerPath(exchange: Exchange, container: ClusterContainer, action: string): string {
  const query = exchange.rawQuery === "" ? "" : `?${exchange.rawQuery}`;
  return `/containers/${container.id}/${action}${query}`;
}
