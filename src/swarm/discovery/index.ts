import { AppError } from "../../kit/errors.ts";
import type { Discovery, DiscoveryOptions, OpenDiscovery } from "./discovery.ts";

/** scheme → its module, loaded when it is used: the only list of backends. */
const backends: Readonly<Record<string, () => Promise<{ open: OpenDiscovery }>>> = {
  token: () => import("./backends/token.ts"),
  "token+http": () => import("./backends/token-http.ts"),
  etcd: () => import("./backends/etcd.ts"),
  etcd3: () => import("./backends/etcd3.ts"),
  consul: () => import("./backends/consul.ts"),
  zk: () => import("./backends/zk.ts"),
  file: () => import("./backends/file.ts"),
  nodes: () => import("./backends/nodes.ts"),
};

/** Splits a discovery URL; without `://` the scheme is `nodes`. */
export function splitDiscoveryUrl(url: string): { scheme: string; rest: string } {
  const at = url.indexOf("://");
  return at < 0 ? { scheme: "nodes", rest: url } : { scheme: url.slice(0, at), rest: url.slice(at + 3) };
}

/**
 * Opens the backend that a discovery URL names.
 * @throws DISCOVERY_NOT_SUPPORTED for an unknown scheme, and what the backend says of the rest
 */
export async function openDiscovery(url: string, options: DiscoveryOptions): Promise<Discovery> {
  const { scheme, rest } = splitDiscoveryUrl(url);
  const load = Object.hasOwn(backends, scheme) ? backends[scheme] : undefined;
  if (load === undefined) {
    throw new AppError("DISCOVERY_NOT_SUPPORTED", "discovery service not supported", {
      hint: `there are ${Object.keys(backends).join(", ")}`,
    });
  }
  const { open } = await load();
  return open(rest, options);
}
