/** The waits of an engine's life. */
export interface Timing {
  readonly refreshMinMs: number;
  readonly refreshMaxMs: number;
  /** A Healthy engine that was silent for so long is pinged. */
  readonly pingMs: number;
  /** Pause between questions to an engine that has just failed. */
  readonly probeMs: number;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}

const maxBackoff = 9;
const quickTries = 60;
const quickMs = 1_000;
const longestPendingMs = 60_000;
const longestEventMs = 10_000;
const quickFailures = 100;

/**
 * Until the next full refresh: spread over min…max so that engines take turns, and longer for one that stays down, up to
 * ten times the minimum.
 * @param failuresOverLimit failures beyond the limit, negative for none
 */
export function refreshWaitMs(failuresOverLimit: number, timing: Timing): number {
  const backoff = Math.min(Math.max(failuresOverLimit, 0), maxBackoff);
  const spread = timing.random() * (timing.refreshMaxMs - timing.refreshMinMs);
  return timing.refreshMinMs * (1 + backoff) + spread;
}

/** Until the next try to validate: about a second in the first minute, when engines come up, then up to a minute. */
export function pendingRetryMs(tries: number, timing: Timing): number {
  const delayMs =
    tries < quickTries ? quickMs : Math.min(quickMs * 2 ** (tries - quickTries), longestPendingMs);
  return delayMs * (0.75 + timing.random() / 2);
}

/** Until the event stream is opened again, which is also how a lost engine is found to be back. */
export function eventRetryMs(failures: number, timing: Timing): number {
  const steps = Math.min(failures, 2) * 1_000;
  const delayMs = failures < quickFailures ? Math.max(steps, 500) : longestEventMs;
  return delayMs * (0.9 + timing.random() / 5);
}
