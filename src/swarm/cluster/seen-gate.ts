import type { Clock } from "../../kit/clock.ts";

const longestMs = 30_000;

/** Lets those wait who could use a node that is still being read. */
export class SeenGate {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something changed: whoever waits looks again. */
  open(): void {
    for (const waiter of this.#waiters) waiter();
  }

  /** Resolves true when something changed, false when the time was over or the caller left. */
  async wait(signal: AbortSignal | undefined): Promise<boolean> {
    const changed = new AbortController();
    const stop = () => changed.abort();
    this.#waiters.add(stop);
    signal?.addEventListener("abort", stop, { once: true });
    const isLate = await this.#clock.delay(longestMs, changed.signal).then(
      () => true,
      () => false,
    );
    this.#waiters.delete(stop);
    signal?.removeEventListener("abort", stop);
    return !isLate && signal?.aborted !== true;
  }
}
