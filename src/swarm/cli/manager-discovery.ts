import type { Discovery, DiscoveryOptions } from "../discovery/discovery.ts";
import { openDiscovery, splitDiscoveryUrl } from "../discovery/index.ts";
import { startRelay } from "../discovery/relay.ts";
import { embeddedDiscovery } from "../discovery/service/embedded.ts";
import type { Listening } from "../discovery/service/listen.ts";
import { createDiscoveryService, type DiscoveryService } from "../discovery/service/service.ts";
import { tokenRelay } from "../discovery/token-relay.ts";
import type { SwarmContext } from "./context.ts";
import type { Flags } from "./flags.ts";
import type { ConnectionSettings } from "./manage-settings.ts";

/** How a manager knows its engines: a backend, or the token service that it carries itself. */
export interface ManagerDiscovery {
  readonly discovery: Discovery;
  /** To be mounted on the listeners; undefined for a backend elsewhere. */
  readonly service: DiscoveryService | undefined;
  startRelay(): Promise<Listening | undefined>;
  close(): Promise<void>;
}

/** Opens what a discovery URL names; a bare `token://ID` without a configured service is this manager's own. */
export async function openManagerDiscovery(
  context: SwarmContext,
  flags: Flags,
  settings: ConnectionSettings,
): Promise<ManagerDiscovery> {
  const { clock, log } = context;
  const url = settings.discoveryUrl;
  const relayAddress = flags.text("discovery-relay");
  const ownId = ownClusterId(url, settings);
  if (ownId === undefined) {
    const options: DiscoveryOptions = {
      ...settings.discovery,
      heartbeatMs: settings.heartbeatMs,
      ttlMs: 0,
      clock,
      log,
    };
    const discovery = await openDiscovery(url, options);
    return {
      discovery,
      service: undefined,
      startRelay: () => tokenRelay(relayAddress, url, options),
      close: () => discovery.close(),
    };
  }
  const dir = flags.text("discovery-dir");
  const service = await createDiscoveryService({
    ...(dir === "" ? {} : { dir }),
    requireClientCertFor: settings.tls?.verify === true ? "register" : "nothing",
    clock,
    log,
  });
  return {
    discovery: embeddedDiscovery(service.clusters, ownId, clock),
    service,
    startRelay: async () => {
      if (relayAddress === "") return undefined;
      return startRelay(relayAddress, async (id) => service.clusters.entries(id), log);
    },
    close: () => service.close(),
  };
}

function ownClusterId(url: string, settings: ConnectionSettings): string | undefined {
  const { scheme, rest } = splitDiscoveryUrl(url);
  const isOwn = scheme === "token" && rest !== "" && !rest.includes("/");
  return isOwn && settings.discovery.serviceUrl === undefined ? rest : undefined;
}
