import type { Clock } from "../../../kit/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { eventText } from "../../cluster/event-time.ts";
import { numberAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";

/** An event with what listeners need of it. */
export interface HubEvent {
  readonly json: Json;
  /** As it is sent, with a newline behind. */
  readonly bytes: Buffer;
  /** Seconds since 1970, with fraction. */
  readonly time: number;
}

export interface Subscription {
  /** Resolves with the next event, or undefined when the subscription is over. */
  next(): Promise<HubEvent | undefined>;
  /** Ends it behind what is queued. */
  end(): void;
  /** Ends it at once. */
  close(): void;
  /** Whether it was ended because its reader was too slow. */
  readonly isCutOff: boolean;
}

const mostKept = 2_000;
const mostQueued = 10_000;
const longestQueuedMs = 10_000;

/** Events of the cluster for any number of listeners, each with a queue that is bounded in length and in age. */
export class EventHub {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #kept: HubEvent[] = [];
  readonly #stop: () => void;

  constructor(cluster: Cluster, clock: Clock) {
    this.#clock = clock;
    this.#stop = cluster.onEvent((json) => this.#emit(json));
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The last events from `since` (seconds) on, and all that come. @param accepts leaves others out of the queue */
  subscribe(since: number | undefined, accepts: (event: HubEvent) => boolean): Subscription {
    const listener = new Listener(this.#clock, accepts, () => this.#listeners.delete(listener));
    if (since !== undefined) for (const event of this.#kept) if (event.time >= since) listener.push(event);
    this.#listeners.add(listener);
    return listener;
  }

  /** Ends every subscription. */
  close(): void {
    this.#stop();
    for (const listener of this.#listeners) listener.close();
  }

  #emit(json: Json): void {
    const event = { json, bytes: Buffer.from(`${eventText(json)}\n`), time: timeOf(json) };
    this.#kept.push(event);
    if (this.#kept.length > mostKept * 2) this.#kept.splice(0, mostKept);
    for (const listener of this.#listeners) listener.push(event);
  }
}

function timeOf(json: Json): number {
  const nano = numberAt(json, "timeNano");
  return nano > 0 ? nano / 1e9 : numberAt(json, "time");
}

class Listener implements Subscription {
  readonly #clock: Clock;
  readonly #accepts: (event: HubEvent) => boolean;
  readonly #onClose: () => void;
  #queue: { event: HubEvent; at: number }[] = [];
  #taken = 0;
  #wake: (() => void) | undefined;
  #isOver = false;
  #isEnding = false;
  isCutOff = false;

  constructor(clock: Clock, accepts: (event: HubEvent) => boolean, onClose: () => void) {
    this.#clock = clock;
    this.#accepts = accepts;
    this.#onClose = onClose;
  }

  push(event: HubEvent): void {
    if (this.#isOver || this.#isEnding || !this.#accepts(event)) return;
    const now = this.#clock.monotonic();
    const oldest = this.#queue[this.#taken];
    const isTooSlow =
      this.#queue.length - this.#taken >= mostQueued ||
      (oldest !== undefined && now - oldest.at > longestQueuedMs);
    if (isTooSlow) {
      this.isCutOff = true;
      this.close();
      return;
    }
    this.#queue.push({ event, at: now });
    this.#wake?.();
  }

  async next(): Promise<HubEvent | undefined> {
    for (;;) {
      if (this.#isOver) return undefined;
      const item = this.#queue[this.#taken];
      if (item) {
        this.#taken++;
        if (this.#taken > 256 && this.#taken * 2 > this.#queue.length) {
          this.#queue = this.#queue.slice(this.#taken);
          this.#taken = 0;
        }
        return item.event;
      }
      if (this.#isEnding) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  end(): void {
    this.#isEnding = true;
    this.#wake?.();
  }

  close(): void {
    this.#isOver = true;
    this.#queue = [];
    this.#taken = 0;
    this.#onClose();
    this.#wake?.();
  }
}
