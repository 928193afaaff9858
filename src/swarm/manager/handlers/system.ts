import { release } from "node:os";
import { apiVersion, minApiVersion, versionText } from "../api.ts";
import type { Exchange } from "../exchange.ts";
import { goArch, infoBody } from "../info.ts";

/** GET and HEAD /_ping, with what clients learn from its headers. */
export function ping(exchange: Exchange): void {
  const isHead = exchange.method === "HEAD";
  exchange.response.writeHead(200, {
    OSType: "linux",
    "Builder-Version": "1",
    "Docker-Experimental": String(exchange.manager.isExperimental),
    Swarm: "inactive",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    Pragma: "no-cache",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": isHead ? 0 : 2,
  });
  exchange.response.end(isHead ? undefined : "OK");
}

export function info(exchange: Exchange): void {
  exchange.json(200, infoBody(exchange.manager, process.env));
}

export function version(exchange: Exchange): void {
  const { manager } = exchange;
  const kernelVersion = release();
  const details = {
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: "",
    GoVersion: process.version,
    Os: "linux",
    Arch: goArch(),
    KernelVersion: kernelVersion,
    BuildTime: "",
  };
  exchange.json(200, {
    Platform: { Name: "Docker Swarm - Community" },
    Version: versionText,
    ...details,
    ...(manager.isExperimental ? { Experimental: true } : {}),
  });
}

/** GET /health: whether requests can be served here, for load balancers and container health checks. */
export function health(exchange: Exchange): void {
  const { cluster, leadership } = exchange.manager;
  const nodes = cluster.nodes();
  const isPrimary = exchange.manager.isPrimary();
  const primary = leadership?.primary() ?? "";
  const isServing = isPrimary || primary !== "";
  exchange.json(isServing ? 200 : 503, {
    status: isServing ? "ok" : "no primary",
    role: isPrimary ? "primary" : "replica",
    ...(isPrimary ? {} : { primary }),
    nodes: { total: nodes.length, healthy: nodes.filter(({ status }) => status === "Healthy").length },
  });
}

export async function metrics(exchange: Exchange): Promise<void> {
  const { metrics: all } = exchange.manager;
  exchange.text(200, await all.text(), all.contentType);
}
