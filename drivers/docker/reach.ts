import type { DriverContext, MachineState } from "#driver";
import { AppError } from "#kit/errors";
import type { Publish } from "./config.ts";
import { at, isJson, listAt, textAt } from "./engine.ts";

/** Container state as the engine's inspect tells it. */
export function stateOf(container: unknown): MachineState {
  return stateNamed(textAt(container, "State", "Status"));
}

/** The engine's word for a container's state as a machine's. */
export function stateNamed(status: string): MachineState {
  switch (status) {
    case "running":
      return "Running";
    case "paused":
      return "Paused";
    case "exited":
    case "created":
      return "Stopped";
    case "restarting":
      return "Starting";
    case "removing":
      return "Stopping";
    case "dead":
      return "Error";
    default:
      return "";
  }
}

/** The container's own address on its network; "" while it is off. */
export function addressOf(container: unknown): string {
  const networks = at(container, "NetworkSettings", "Networks");
  for (const endpoint of Object.values(isJson(networks) ? networks : {})) {
    const address = textAt(endpoint, "IPAddress");
    if (address !== "") return address;
  }
  return "";
}

/** Where ports are published: the address to bind on the engine's host, and the one that clients use. */
export interface PublishTarget {
  bind: string;
  host: string;
}

/**
 * Decides whether the machine's ports must be published: containers of an engine on another computer, or in the VM of
 * Docker Desktop, have addresses that the client cannot reach.
 */
export function publishTarget(
  publish: Publish,
  info: unknown,
  ctx: DriverContext,
): PublishTarget | undefined {
  const remote = remoteHost(ctx.engine.address);
  const inVm =
    ctx.platform !== "linux" || /desktop/i.test(textAt(info, "OperatingSystem")) || isRootless(info);
  if (publish === "never" || (publish === "auto" && remote === undefined && !inVm)) return undefined;
  return remote === undefined ? { bind: "127.0.0.1", host: "127.0.0.1" } : { bind: "0.0.0.0", host: remote };
}

/** A rootless engine's bridges are in a network namespace of its own. Source: Docker's manual, "Rootless mode". */
function isRootless(info: unknown): boolean {
  return listAt(info, "SecurityOptions").some((option) => /^name=rootless\b/.test(String(option)));
}

function remoteHost(address: string): string | undefined {
  if (!/^(tcp|https?|ssh):/.test(address)) return undefined;
  const host = new URL(address).hostname.replace(/^\[(.*)\]$/, "$1");
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host) ? undefined : host;
}

/** Where the client reaches a port of the running container: its published side where it has one. */
export function reachOf(
  container: unknown,
  port: number,
  ctx: DriverContext,
): { host: string; port: number } {
  const published = listAt(container, "NetworkSettings", "Ports", `${port}/tcp`)[0];
  const hostPort = Number(textAt(published, "HostPort"));
  if (hostPort > 0) return { host: remoteHost(ctx.engine.address) ?? "127.0.0.1", port: hostPort };
  const host = addressOf(container);
  if (host === "") throw new AppError("DOCKER_NO_ADDRESS", "the container has no address on its network");
  return { host, port };
}

/** The same for an entry of the engine's container list; undefined where it has no address. */
export function listedReach(entry: unknown, port: number, ctx: DriverContext): string | undefined {
  for (const one of listAt(entry, "Ports")) {
    const publicPort = at(one, "PublicPort");
    if (at(one, "PrivatePort") === port && typeof publicPort === "number") {
      return `tcp://${remoteHost(ctx.engine.address) ?? "127.0.0.1"}:${publicPort}`;
    }
  }
  const address = addressOf(entry);
  return address === "" ? undefined : `tcp://${address}:${port}`;
}
