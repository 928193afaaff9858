import type { Clock } from "../../../kit/clock.ts";
import type { ClusterNode } from "../../cluster/cluster.ts";

const keptMs = 3_600_000;
const mostKept = 10_000;

/** Which node a build was given to, for the requests that belong to it: its session, its upload, its cancelling. */
export class BuildNodes {
  readonly #clock: Clock;
  readonly #known = new Map<string, { node: ClusterNode; at: number }>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param key "session:<id>", "build:<id>", "client:<address>" */
  set(key: string, node: ClusterNode): void {
    const now = this.#clock.monotonic();
    for (const [old, { at }] of this.#known) {
      if (now - at <= keptMs && this.#known.size < mostKept) break;
      this.#known.delete(old);
    }
    this.#known.delete(key); // so that the oldest stay in front
    this.#known.set(key, { node, at: now });
    for (const wake of this.#waiting.get(key) ?? []) wake();
  }

  get(key: string): ClusterNode | undefined {
    const known = this.#known.get(key);
    return known && this.#clock.monotonic() - known.at <= keptMs ? known.node : undefined;
  }

  /** Waits until the key is set; undefined when the time is over or the signal aborts. */
  async wait(key: string, timeoutMs: number, signal: AbortSignal): Promise<ClusterNode | undefined> {
    const known = this.get(key);
    if (known) return known;
    const done = new AbortController();
    const wake = () => done.abort();
    const waiting = this.#waiting.get(key) ?? new Set();
    waiting.add(wake);
    this.#waiting.set(key, waiting);
    try {
      await this.#clock.delay(timeoutMs, AbortSignal.any([done.signal, signal]));
    } catch {
      // woken, or the client went away: what is known now counts
    } finally {
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(key);
    }
    return this.get(key);
  }
}
