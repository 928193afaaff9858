import { randomUUID } from "node:crypto";
import type { ClusterContainer, ClusterNode } from "../../cluster/cluster.ts";
import { isJson, listAt, numberAt, textAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { StatusFacts } from "./status-text.ts";

/** Takes the place of a status until it is known; nothing else in any answer can be the same. */
const statusMark = randomUUID();
const markText = JSON.stringify(statusMark);

/** A list entry as clients get it, open at its status. */
export interface ListEntry {
  /** JSON text up to the status' value, and behind it. */
  readonly before: string;
  readonly after: string;
  readonly facts: StatusFacts;
}

/** What of a node a list entry shows; made anew when one of these changes. */
export interface NodeStamp {
  readonly name: string;
  readonly ip: string;
  readonly isHealthy: boolean;
  readonly clockDeltaMs: number;
}

/** Keeps one stamp object per node for as long as nothing in it changes. */
export class NodeStamps {
  readonly #stamps = new WeakMap<ClusterNode, NodeStamp>();

  of(node: ClusterNode): NodeStamp {
    const known = this.#stamps.get(node);
    const isHealthy = node.status === "Healthy";
    const { name, ip, clockDeltaMs } = node;
    if (
      known?.isHealthy === isHealthy &&
      known.name === name &&
      known.ip === ip &&
      known.clockDeltaMs === clockDeltaMs
    )
      return known;
    const stamp = { name, ip, isHealthy, clockDeltaMs };
    this.#stamps.set(node, stamp);
    return stamp;
  }
}

/** The engine's entry as the cluster shows it, status aside. @param more fields to put over it */
export function listEntry(container: ClusterContainer, stamp: NodeStamp, more: Json = {}): ListEntry {
  const { summary } = container;
  const shown = {
    ...summary,
    Names: container.names.map((name) => `/${stamp.name}${name.startsWith("/") ? name : `/${name}`}`),
    Labels: container.labels,
    Ports: listAt(summary, "Ports")
      .map((port) => atNode(port, stamp.ip))
      .filter(isFirst()),
    Created: container.createdAt + Math.trunc(stamp.clockDeltaMs / 1000),
    Status: statusMark,
    ...more,
  };
  const text = JSON.stringify(shown);
  const at = text.indexOf(markText);
  return {
    before: text.slice(0, at),
    after: text.slice(at + markText.length),
    facts: { life: container.life, fallback: textAt(summary, "Status") },
  };
}

/** A port that is open on all addresses of the engine is shown at the address of the node. */
function atNode(port: unknown, ip: string): unknown {
  if (!isJson(port)) return port;
  return isUnspecified(textAt(port, "IP")) && numberAt(port, "PublicPort") > 0 ? { ...port, IP: ip } : port;
}

export function isUnspecified(ip: string): boolean {
  return ip === "0.0.0.0" || ip === "::";
}

/** Engines list a port for IPv4 and IPv6; at the node's address both are the same line. */
function isFirst(): (value: unknown) => boolean {
  const seen = new Set<string>();
  return (value) => {
    const text = JSON.stringify(value);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  };
}
