import type { Clock } from "../../kit/clock.ts";
import type { HeldLock } from "../discovery/discovery.ts";

export interface Lease {
  /** How long the store keeps the lock after a renewal, ms. */
  ttlMs: number;
  /** Monotonic time just before the request was sent that began this lease. */
  since: number;
  /** Sends a renewal: false says that the lock is another's; a rejection that nobody knows, so it is tried again. */
  renew(signal: AbortSignal): Promise<boolean>;
  /** Gives the lock back; best effort. */
  release(): Promise<void>;
  /** Ends early when the store itself tells that the lock is gone. */
  watch?(signal: AbortSignal): Promise<void>;
}

/** The part of a TTL that is never used: clocks of two machines do not run alike. */
const marginShare = 0.1;

/**
 * Keeps a lease alive and knows, without asking anybody, until when it surely holds: one TTL after the last successful
 * renewal was *sent*, less a margin, by a clock that goes on while the process is stopped.
 */
export function holdLease(lease: Lease, clock: Clock): HeldLock {
  const { ttlMs } = lease;
  const ending = new AbortController();
  const usableMs = ttlMs * (1 - marginShare);
  let validUntil = lease.since + usableMs;
  let isOver = false;

  const isHeld = () => !isOver && clock.monotonic() < validUntil;

  const renewOnce = async (): Promise<boolean | undefined> => {
    const sent = clock.monotonic();
    const limit = new AbortController();
    const signal = AbortSignal.any([limit.signal, ending.signal]);
    const stopLimit = afterDelay(clock, validUntil - sent, signal, () => limit.abort());
    try {
      if (!(await lease.renew(signal))) return false;
      validUntil = sent + usableMs;
      return true;
    } catch {
      return undefined; // not answered: there may be time for another try
    } finally {
      limit.abort();
      await stopLimit;
    }
  };

  const keep = async () => {
    let waitMs = ttlMs / 3;
    for (;;) {
      await clock.delay(Math.max(0, Math.min(waitMs, validUntil - clock.monotonic())), ending.signal);
      if (!isHeld()) return;
      const renewed = await renewOnce();
      if (renewed === false) return;
      waitMs = renewed === true ? ttlMs / 3 : ttlMs / 20;
    }
  };

  const lost = Promise.race([
    keep(),
    ...(lease.watch === undefined ? [] : [lease.watch(ending.signal)]),
    new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve(), { once: true })),
  ])
    .catch(() => undefined) // aborted by release
    .then(async () => {
      const wasReleased = isOver;
      isOver = true;
      ending.abort();
      // the store may still think it ours: others need not wait for the TTL
      if (!wasReleased) void lease.release().catch(() => undefined);
    });

  return {
    isHeld,
    lost,
    async release() {
      if (isOver) return;
      isOver = true;
      ending.abort();
      await lease.release().catch(() => undefined); // the TTL ends it all the same
      await lost;
    },
  };
}

/** Calls `act` after `ms` unless the signal aborts first; resolves when that is settled. */
async function afterDelay(clock: Clock, ms: number, signal: AbortSignal, act: () => void): Promise<void> {
  try {
    await clock.delay(Math.max(0, ms), signal);
    act();
  } catch {
    // aborted: no longer needed
  }
}
