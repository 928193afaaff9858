import type { Clock } from "../../kit/clock.ts";
import { messageOf } from "../../kit/errors.ts";
import type { HeldLock, LeaderStore } from "../discovery/discovery.ts";
import type { SwarmLog } from "../log.ts";
import type { Leadership } from "./leadership.ts";

export interface ElectionOptions {
  store: LeaderStore;
  /** This manager's address for the others. */
  advertise: string;
  ttlMs: number;
  clock: Clock;
  log: SwarmLog;
}

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** Campaigns for the lock until closed, and follows who holds it. Log lines are those of Swarm 1.2.9. */
export function startElection({ store, advertise, ttlMs, clock, log }: ElectionOptions): Leadership {
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let held: HeldLock | undefined;
  let followed = "";

  const tell = () => {
    for (const listener of listeners) listener();
  };
  const isPrimary = () => held?.isHeld() ?? false;
  const primary = () => {
    if (isPrimary()) return advertise;
    return followed === advertise ? "" : followed; // the store may still name us for a moment
  };

  const campaign = async () => {
    let pauseMs = firstPauseMs;
    log.info("Leader Election: Cluster leadership lost");
    while (!closing.signal.aborted) {
      try {
        const lock = await store.acquire(advertise, ttlMs, closing.signal);
        held = lock;
        pauseMs = firstPauseMs;
        if (closing.signal.aborted) break;
        log.info("Leader Election: Cluster leadership acquired");
        tell();
        await lock.lost;
        held = undefined;
        if (closing.signal.aborted) break;
        log.info("Leader Election: Cluster leadership lost");
        tell();
      } catch (error) {
        if (closing.signal.aborted) break;
        log.error(`Leader Election: ${messageOf(error)}`);
        await clock.delay(pauseMs, closing.signal).catch(() => undefined); // closing: the loop ends
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
    await held?.release();
    held = undefined;
  };
  const campaigning = campaign();

  store.follow(
    (value) => {
      followed = value;
      if (value !== "") log.info(`New leader elected: ${value}`);
      tell();
    },
    (error) => log.error(`Leader Election: ${error.message}`),
    closing.signal,
  );

  return {
    isPrimary,
    primary,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async whenElected(timeoutMs) {
      if (primary() !== "") return true;
      const over = new AbortController();
      return new Promise<boolean>((resolve) => {
        const look = () => {
          if (primary() !== "") settle(true);
        };
        const settle = (isElected: boolean) => {
          listeners.delete(look);
          over.abort();
          resolve(isElected);
        };
        listeners.add(look);
        clock.delay(timeoutMs, AbortSignal.any([over.signal, closing.signal])).then(
          () => settle(false),
          () => settle(primary() !== ""),
        );
      });
    },
    async close() {
      closing.abort();
      const lock = held;
      await lock?.release(); // at once, whatever the campaign waits for
      tell();
      await campaigning;
      listeners.clear();
    },
  };
}
