import type { ClusterNode } from "../../cluster/cluster.ts";
import { isJson, textAt } from "../../scheduler/json.ts";
import { isUnspecified } from "../listing/list-entry.ts";
import { type Member, membersAt } from "./json-scan.ts";

/**
 * An engine's inspect answer with the node in it and ports at the node's address; everything else stays byte for byte.
 * @throws SyntaxError where the engine's answer is no JSON object
 */
export function rewriteInspect(text: string, node: ClusterNode): string {
  const members = membersAt(text, 0);
  const nodeText = `,"Node":${JSON.stringify(nodeObject(node))}`;
  const edits: { at: number; end: number; text: string }[] = [];
  const behind = members.find(({ key }) => key === "LogPath") ?? members.at(-1);
  if (behind) edits.push({ at: behind.valueEnd, end: behind.valueEnd, text: nodeText });
  const ports = portsOf(text, members);
  if (ports) {
    const moved = movePorts(text.slice(ports.valueStart, ports.valueEnd), node.ip);
    edits.push({ at: ports.valueStart, end: ports.valueEnd, text: moved });
  }
  let result = "";
  let from = 0;
  for (const edit of edits.sort((a, b) => a.at - b.at)) {
    result += text.slice(from, edit.at) + edit.text;
    from = edit.end;
  }
  return result + text.slice(from);
}

function nodeObject(node: ClusterNode): unknown {
  return {
    ID: node.id,
    IP: node.ip,
    Addr: node.addr,
    Name: node.name,
    Cpus: node.cpus,
    Memory: node.memoryBytes,
    Labels: node.labels,
  };
}

function portsOf(text: string, members: readonly Member[]): Member | undefined {
  const settings = members.find(({ key }) => key === "NetworkSettings");
  if (!settings || text[settings.valueStart] !== "{") return undefined;
  return membersAt(text, settings.valueStart).find(({ key }) => key === "Ports");
}

/** Bindings on all addresses of the engine are reached at the node's. */
function movePorts(text: string, ip: string): string {
  const ports: unknown = JSON.parse(text);
  if (!isJson(ports)) return text;
  const moved = Object.entries(ports).map(([port, bindings]): [string, unknown] => {
    if (!Array.isArray(bindings)) return [port, bindings];
    return [port, bindings.map((binding: unknown) => moveBinding(binding, ip))];
  });
  return JSON.stringify(Object.fromEntries(moved));
}

function moveBinding(binding: unknown, ip: string): unknown {
  if (!isJson(binding)) return binding;
  const host = textAt(binding, "HostIp");
  return host === "" || isUnspecified(host) ? { ...binding, HostIp: ip } : binding;
}
