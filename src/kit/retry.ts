import type { Clock } from "./clock.ts";

export interface PollOptions {
  clock: Clock;
  timeoutMs: number;
  /** First pause; grows by half each time up to `maxIntervalMs`. */
  intervalMs: number;
  maxIntervalMs?: number;
  signal?: AbortSignal;
}

/**
 * Asks again until `ask` gives something other than undefined.
 * @returns the answer, or undefined when the time is over; errors of `ask` pass through
 */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  options: PollOptions,
): Promise<T | undefined> {
  const { clock, signal } = options;
  const end = clock.monotonic() + options.timeoutMs;
  let interval = options.intervalMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    const left = end - clock.monotonic();
    if (left <= 0) return undefined;
    await clock.delay(Math.min(interval, left), signal);
    interval = Math.min(interval * 1.5, options.maxIntervalMs ?? options.intervalMs * 8);
  }
}
