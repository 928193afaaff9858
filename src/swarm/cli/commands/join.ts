import { runAgent } from "../../agent/agent.ts";
import type { DiscoveryOptions } from "../../discovery/discovery.ts";
import { openDiscovery } from "../../discovery/index.ts";
import type { Listening } from "../../discovery/service/listen.ts";
import { tokenRelay } from "../../discovery/token-relay.ts";
import { checkAdvertise, durationFlag, heartbeatFlag } from "../checks.ts";
import type { RunCommand } from "../context.ts";
import { discoverySettings, discoveryUrl } from "../discovery-settings.ts";
import { fatal } from "../fatal.ts";

/** Registers one engine with a discovery backend until the program is told to stop. */
export const run: RunCommand = async (context, flags, positionals) => {
  const url = discoveryUrl(context, positionals, "join");
  const addr = flags.text("advertise");
  if (addr === "") throw fatal("missing mandatory --advertise flag");
  checkAdvertise(addr);
  const delayMs = durationFlag(flags, "delay");
  if (delayMs < 0) throw fatal("--delay should not be a negative number");
  const heartbeatMs = heartbeatFlag(flags);
  const ttlMs = durationFlag(flags, "ttl");
  if (ttlMs <= heartbeatMs) throw fatal("--ttl must be strictly superior to the heartbeat value");

  const { clock, log, random, signal } = context;
  const settings = await discoverySettings(context, flags);
  const options: DiscoveryOptions = { ...settings, heartbeatMs, ttlMs, clock, log };
  const discovery = await openDiscovery(url, options);
  let relay: Listening | undefined;
  try {
    relay = await tokenRelay(flags.text("discovery-relay"), url, options);
    await runAgent({
      discovery,
      discoveryUrl: url,
      addr,
      heartbeatMs,
      ttlMs,
      delayMs,
      clock,
      log,
      random,
      signal,
    });
  } finally {
    await relay?.close();
    await discovery.close();
  }
  return 0;
};
