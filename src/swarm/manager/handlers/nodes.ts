import type { ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { inNaturalOrder } from "../nodes-order.ts";

/** GET /swarm-nodes. */
export function listNodes(exchange: Exchange): void {
  exchange.json(200, inNaturalOrder(exchange.manager.cluster.nodes()).map(nodeBody));
}

/** GET /swarm-nodes/NAME; a name, an id or an address. */
export function inspectNode(exchange: Exchange): void {
  exchange.json(200, nodeBody(nodeNamed(exchange)));
}

/** POST /swarm-nodes/NAME/drain: the node takes no new containers. */
export async function drainNode(exchange: Exchange): Promise<void> {
  await setAvailability(exchange, "drain");
}

/** POST /swarm-nodes/NAME/activate. */
export async function activateNode(exchange: Exchange): Promise<void> {
  await setAvailability(exchange, "active");
}

async function setAvailability(exchange: Exchange, availability: "active" | "drain"): Promise<void> {
  const node = nodeNamed(exchange);
  await exchange.manager.cluster.setAvailability(node, availability);
  exchange.json(200, nodeBody(node));
}

function nodeNamed(exchange: Exchange): ClusterNode {
  const node = exchange.manager.cluster.node(exchange.name);
  if (!node) throw new SwarmError(404, `No such node: ${exchange.name}`);
  return node;
}

function nodeBody(node: ClusterNode): Json {
  return {
    ID: node.id,
    Name: node.name,
    Addr: node.addr,
    IP: node.ip,
    Status: node.status,
    Availability: node.availability,
    Error: node.error,
    UpdatedAt: new Date(node.updatedAt).toISOString(),
    ServerVersion: node.serverVersion,
    ApiVersion: node.client.apiVersion,
    Labels: node.labels,
    Cpus: node.cpus,
    MemoryBytes: node.memoryBytes,
    TotalCpus: node.totalCpus,
    TotalMemoryBytes: node.totalMemoryBytes,
    ReservedCpus: node.usedCpus,
    ReservedMemoryBytes: node.usedMemoryBytes,
    Containers: node.containerCounts.all,
    ContainersRunning: node.containerCounts.running,
    ContainersPaused: node.containerCounts.paused,
    ContainersStopped: node.containerCounts.stopped,
    Images: node.imageCount,
  };
}
