import { AppError } from "../../../kit/errors.ts";
import { firstEntries } from "../../discovery/first-entries.ts";
import { openDiscovery, splitDiscoveryUrl } from "../../discovery/index.ts";
import { relayUrl } from "../../discovery/relay.ts";
import { durationFlag } from "../checks.ts";
import type { RunCommand, SwarmContext } from "../context.ts";
import { discoverySettings, discoveryUrl } from "../discovery-settings.ts";
import { fatal } from "../fatal.ts";

/** Prints the members that a discovery backend knows now, one a line. */
export const run: RunCommand = async (context, flags, positionals) => {
  const url = discoveryUrl(context, positionals, "list");
  const timeoutMs = durationFlag(flags, "timeout");
  if (timeoutMs <= 0) throw fatal("--timeout should be a positive number");
  const settings = await discoverySettings(context, flags);
  const { clock } = context;
  const relay = await relayFor(context, url, settings.serviceUrl);
  const discovery = await openDiscovery(url, {
    ...settings,
    ...(relay === undefined ? {} : { serviceUrl: relay }),
    heartbeatMs: timeoutMs,
    ttlMs: 0,
    clock,
    log: context.errorLog,
  });
  try {
    const entries = await firstEntries(discovery, timeoutMs, clock, () => fatal("Timed out")).catch(
      (error: unknown) => {
        throw relay === undefined ? error : noRelay(context, url, error);
      },
    );
    for (const entry of entries) context.out(`${entry}\n`);
  } finally {
    await discovery.close();
  }
  return 0;
};

/** A bare `token://ID` without a configured service is looked up at the relay of the machine. */
async function relayFor(
  context: SwarmContext,
  url: string,
  serviceUrl: string | undefined,
): Promise<string | undefined> {
  const { scheme, rest } = splitDiscoveryUrl(url);
  const isBare = (scheme === "token" || scheme === "token+http") && rest !== "" && !rest.includes("/");
  return isBare && serviceUrl === undefined ? relayUrl(await context.routes()) : undefined;
}

function noRelay(context: SwarmContext, url: string, error: unknown): AppError {
  return new AppError("NO_DISCOVERY_SERVICE", `no discovery service is known for ${url}`, {
    hint: `set SWARM_DISCOVERY_URL=https://host:port/v1, or write the address: ${context.program} list token://host:port/v1/ID`,
    cause: error,
  });
}
