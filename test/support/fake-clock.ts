import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../src/kit/clock.ts";

/** A clock whose delays take no time: each moves the clock and ends in the next turn of the event loop. */
export function instantClock(startMs = Date.UTC(2026, 0, 1)): Clock {
  let passed = 0;
  return {
    now: () => startMs + passed,
    monotonic: () => passed,
    async delay(ms, signal) {
      signal?.throwIfAborted();
      passed += ms;
      await nextTurn();
      signal?.throwIfAborted();
    },
  };
}

/** The same, but delays of at least `limitMs` end only with their signal: what is raced against them always has the time it needs. */
export function patientClock(limitMs: number, startMs?: number): Clock {
  const instant = instantClock(startMs);
  return {
    ...instant,
    delay(ms, signal) {
      if (ms < limitMs || signal === undefined) return instant.delay(ms, signal);
      return new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
  };
}

export interface ManualClock extends Clock {
  /** Lets time pass; ends the delays that are due, in their order. */
  advance(ms: number): Promise<void>;
  /** How many delays are running. */
  readonly waiting: number;
}

/** A clock that stands still until the test moves it. */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let passed = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => startMs + passed,
    monotonic: () => passed,
    delay(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const sleeper = {
          at: passed + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const end = passed + ms;
      for (;;) {
        const due = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        passed = Math.max(passed, due.at);
        due.wake();
        await nextTurn();
      }
      passed = end;
      await nextTurn();
    },
    get waiting() {
      return sleepers.size;
    },
  };
}
