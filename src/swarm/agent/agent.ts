import type { Clock } from "../../kit/clock.ts";
import { isAppError, messageOf } from "../../kit/errors.ts";
import type { Discovery } from "../discovery/discovery.ts";
import { formatDuration } from "../duration.ts";
import type { SwarmLog } from "../log.ts";

export interface AgentOptions {
  discovery: Discovery;
  /** As the user wrote it; shown in the log. */
  discoveryUrl: string;
  /** Address of the engine, "host:port". */
  addr: string;
  heartbeatMs: number;
  ttlMs: number;
  /** The first registration waits for a random part of it. */
  delayMs: number;
  clock: Clock;
  log: SwarmLog;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** Ends the agent: it takes its registration back. */
  signal: AbortSignal;
}

const firstRetryMs = 250;
const leaveLimitMs = 3_000;
/** Beats come up to a tenth early, so that agents that began together do not beat together for ever. */
const jitterShare = 0.1;

/** Registers an engine again and again until told to stop; failures are logged and tried again within the TTL. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { clock, log, random, signal, heartbeatMs } = options;
  const { addr, discoveryUrl: discovery } = options;
  let isRegistered = false;
  try {
    if (options.delayMs > 0) {
      const waitMs = Math.floor(random() * options.delayMs);
      log.info(`Waiting for ${formatDuration(waitMs)} before the first registration`, { addr, discovery });
      await clock.delay(waitMs, signal);
    }
    for (;;) {
      const began = clock.monotonic();
      log.info(`Registering on the discovery service every ${formatDuration(heartbeatMs)}...`, {
        addr,
        discovery,
      });
      isRegistered = (await beat(options)) || isRegistered;
      const waitMs = heartbeatMs * (1 - jitterShare * random());
      await clock.delay(Math.max(0, waitMs - (clock.monotonic() - began)), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (isRegistered) await leave(options);
}

/** One registration with its further tries; @returns whether it succeeded before the next beat was due */
async function beat(options: AgentOptions): Promise<boolean> {
  const { addr, clock, discovery, heartbeatMs, log, random, signal, ttlMs } = options;
  const began = clock.monotonic();
  let pauseMs = firstRetryMs;
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      await discovery.register(addr);
      if (failures > 0) log.info(`Registered after ${failures} failed tries`, { addr });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      log.error(messageOf(error));
      if (isAppError(error, "CANNOT_REGISTER")) return false;
    }
    const waitMs = pauseMs * (1 - jitterShare * random());
    if (clock.monotonic() - began + waitMs >= heartbeatMs) {
      log.warn(
        `A heartbeat was lost; the registration ends ${formatDuration(ttlMs)} after the last one that succeeded`,
        {
          addr,
        },
      );
      return false;
    }
    await clock.delay(waitMs, signal);
    pauseMs = Math.min(pauseMs * 2, heartbeatMs);
  }
}

async function leave({ addr, clock, discovery, log }: AgentOptions): Promise<void> {
  if (discovery.unregister === undefined) return;
  const over = new AbortController();
  try {
    await Promise.race([discovery.unregister(addr), clock.delay(leaveLimitMs, over.signal)]);
    log.info("Left the discovery service", { addr });
  } catch (error) {
    log.warn(`The registration could not be taken back and ends with its TTL: ${messageOf(error)}`, { addr });
  } finally {
    over.abort();
  }
}
