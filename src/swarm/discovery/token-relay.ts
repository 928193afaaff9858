import { listMembers, parseTokenUrl, tokenHttp } from "./backends/token.ts";
import type { DiscoveryOptions } from "./discovery.ts";
import { splitDiscoveryUrl } from "./index.ts";
import { startRelay } from "./relay.ts";
import type { Listening } from "./service/listen.ts";

/** Starts the relay that asks the service of a `token` URL; undefined where none is wanted. */
export async function tokenRelay(
  address: string,
  url: string,
  options: DiscoveryOptions,
): Promise<Listening | undefined> {
  if (address === "") return undefined;
  const { scheme, rest } = splitDiscoveryUrl(url);
  if (scheme !== "token" && scheme !== "token+http") {
    options.log.warn("--discovery-relay is for token discovery and is ignored", { discovery: url });
    return undefined;
  }
  const protocol = scheme === "token" ? "https" : "http";
  const { base } = parseTokenUrl(rest, protocol, options.serviceUrl);
  const http = tokenHttp(base, options);
  const find = async (id: string) => (await listMembers(http, id)).addrs;
  const relay = await startRelay(address, find, options.log);
  options.log.info("Relaying the discovery service", { addr: relay.address });
  return relay;
}
