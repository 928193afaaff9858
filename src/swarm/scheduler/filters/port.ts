import type { Filter } from "../filter.ts";
import type { PlacedContainer, SchedulerNode } from "../model.ts";
import type { PlacementRequest } from "../request.ts";

/**
 * Keeps nodes where the asked host ports are free. Any container holds its ports, stopped ones too; the protocol is not
 * compared, an empty port asks for nothing.
 */
export const portFilter: Filter = {
  describe: (request) =>
    request.networkMode === "host"
      ? request.exposedPorts.map((port) => `port ${port} (Host mode)`)
      : request.hostPorts.map(({ port }) => `port ${port} (Bridge mode)`),
  judge: (request) => (request.networkMode === "host" ? judgeHost(request) : judgeBridge(request)),
};

function judgeHost(request: PlacementRequest): ReturnType<Filter["judge"]> {
  if (request.exposedPorts.length === 0) return undefined;
  return (node) => {
    for (const port of request.exposedPorts) {
      for (const container of node.containersUsingPort(port)) {
        if (container.networkMode === "host" && container.exposedPorts.includes(port))
          return `port ${port} is taken by ${nameOf(container)} in host mode`;
      }
    }
    return undefined;
  };
}

function judgeBridge(request: PlacementRequest): ReturnType<Filter["judge"]> {
  const wanted = request.hostPorts.filter(({ port }) => port !== "");
  if (wanted.length === 0) return undefined;
  return (node) => {
    for (const { port, ip } of wanted) {
      const holder = holderOf(node, port, ip);
      if (holder) return `port ${port} is taken by ${nameOf(holder)}`;
    }
    return undefined;
  };
}

function holderOf(node: SchedulerNode, port: string, ip: string): PlacedContainer | undefined {
  for (const container of node.containersUsingPort(port)) {
    const isHeld = container.hostPorts.some(
      (held) => held.port === port && (held.ip === ip || bindsAll(held.ip) || bindsAll(ip)),
    );
    if (isHeld) return container;
  }
  return undefined;
}

function bindsAll(ip: string): boolean {
  return ip === "" || ip === "0.0.0.0" || ip === "::";
}

function nameOf(container: PlacedContainer): string {
  return container.names[0] || container.id.slice(0, 12) || "a container that is being created";
}
