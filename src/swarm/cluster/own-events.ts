import { isJson, objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { ClusterEvent, ClusterNode } from "./cluster.ts";
import { copyNano } from "./event-time.ts";

/** An engine's event with the node that it comes from, as clients of the classic Swarm know it. */
export function withNode(event: Json, node: ClusterNode): ClusterEvent {
  const actor = event["Actor"];
  return copyNano(event, {
    ...event,
    from: `${textAt(event, "from")} node:${node.name}`,
    ...(isJson(actor)
      ? { Actor: { ...actor, Attributes: { ...objectAt(actor, "Attributes"), ...attributesOf(node) } } }
      : {}),
    node: { Name: node.name, Id: node.id, Addr: node.addr, Ip: node.ip },
  });
}

/** An event of the manager's own about an engine. */
export function engineEvent(
  action: "engine_connect" | "engine_disconnect" | "engine_reconnect",
  node: ClusterNode,
  now: number,
): ClusterEvent {
  return {
    status: action,
    from: `swarm node:${node.name}`,
    Type: "swarm",
    Action: action,
    Actor: { ID: "", Attributes: attributesOf(node) },
    time: Math.floor(now / 1000),
    timeNano: now * 1_000_000,
    node: { Name: node.name, Id: node.id, Addr: node.addr, Ip: node.ip },
  };
}

function attributesOf(node: ClusterNode): Json {
  return { "node.addr": node.addr, "node.id": node.id, "node.ip": node.ip, "node.name": node.name };
}
