import type { Clock } from "../../kit/clock.ts";
import { messageOf } from "../../kit/errors.ts";
import type { Log } from "../../kit/log.ts";
import type { EngineClient } from "../engine/client.ts";
import type { Json } from "../scheduler/model.ts";
import { keepNano, nanoIn } from "./event-time.ts";
import { JsonSplitter } from "./json-stream.ts";

export interface EventStreamOptions {
  client: EngineClient;
  clock: Clock;
  log: Log;
  /** "" or seconds with nanoseconds by the engine's clock, from where the first stream begins. */
  since: string;
  /** Pause before the stream is opened again, ms. */
  retryDelayMs: () => number;
  /** The stream is open; `isFirst` false: after a gap, for which `since` catches up. */
  onOpen: (isFirst: boolean) => void;
  /** The engine answered, but not with a stream. */
  onRefused: () => void;
  onEvents: (events: readonly Json[]) => Promise<void>;
  onLost: (message: string) => void;
  onWait: (nextTryAt: number | undefined) => void;
  signal: AbortSignal;
}

const openTimeoutMs = 10_000;
/** Events that come within this time are handled together. */
const burstMs = 20;
const maxBurst = 5_000;

/** Follows an engine's events until the signal, through any number of gaps; resolves then. */
export async function followEvents(options: EventStreamOptions): Promise<void> {
  const { clock, signal } = options;
  const burst = new Burst(options);
  let since = options.since;
  for (let isFirst = true; !signal.aborted; ) {
    try {
      const path = since === "" ? "/events" : `/events?since=${since}`;
      const answer = await options.client.stream({ method: "GET", path, timeoutMs: openTimeoutMs, signal });
      answer.socket.setKeepAlive(true, 15_000);
      const splitter = new JsonSplitter();
      if (answer.statusCode !== 200) {
        answer.destroy();
        options.onRefused();
        throw new Error(`GET /events answered ${answer.statusCode}`);
      }
      options.onOpen(isFirst);
      isFirst = false;
      for await (const chunk of answer) {
        const bytes: unknown = chunk;
        if (!(bytes instanceof Uint8Array)) continue;
        for (const { json, text } of splitter.push(bytes)) {
          since = timeAfter(text) ?? since;
          keepNano(json, text);
          await burst.add(json);
        }
      }
      throw new Error("the engine ended its event stream");
    } catch (error) {
      if (signal.aborted) return;
      options.onLost(messageOf(error));
    }
    const delayMs = options.retryDelayMs();
    options.onWait(clock.now() + delayMs);
    await clock.delay(delayMs, signal).catch(() => undefined); // ended: the loop's condition sees it
    options.onWait(undefined);
  }
}

/** Collects events for a moment, hands them on in order, one burst after the other. */
class Burst {
  readonly #options: EventStreamOptions;
  #events: Json[] = [];
  #flushing: Promise<void> | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Resolves at once, or, where too many wait, when they are handled: the engine then waits too. */
  async add(event: Json): Promise<void> {
    this.#events.push(event);
    this.#flushing ??= this.#flush();
    if (this.#events.length > maxBurst) await this.#flushing;
  }

  async #flush(): Promise<void> {
    const { clock, signal, onEvents, log } = this.#options;
    try {
      while (this.#events.length > 0 && !signal.aborted) {
        await clock.delay(burstMs, signal);
        const events = this.#events;
        this.#events = [];
        await onEvents(events);
      }
    } catch (error) {
      if (!signal.aborted) log.warn(`events were not handled: ${messageOf(error)}`);
    } finally {
      this.#flushing = undefined;
    }
  }
}

/** "seconds.nanoseconds" just after an event; numbers of this size are read from the text, not from JSON. */
function timeAfter(text: string): string | undefined {
  const nano = nanoIn(text);
  if (nano === undefined) return undefined;
  return secondsText(BigInt(nano) + 1n);
}

function secondsText(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, "0")}`;
}

/** The time of an engine's own ISO text as `since` takes it; "" where it is none. */
export function sinceOf(isoText: string): string {
  const ms = Date.parse(isoText);
  if (Number.isNaN(ms)) return "";
  const fraction = /\.(\d{1,9})/.exec(isoText)?.[1] ?? "0";
  return `${Math.floor(ms / 1000)}.${fraction.padEnd(9, "0")}`;
}
