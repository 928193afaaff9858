/** Time as code below the composition root sees it; tests hand in one that they turn by hand. */
export interface Clock {
  /** Wall time in ms since 1970; may jump. For what is shown or stored. */
  now(): number;
  /** Time in ms from an arbitrary start; never goes back. For intervals and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async delay(ms, signal) {
    let left = ms;
    do {
      const part = Math.min(left, longestTimerMs);
      await wait(part, signal);
      left -= part;
    } while (left > 0);
  },
};

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
