import { constants } from "node:os";
import type { Clock } from "../../kit/clock.ts";
import { objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

const shutdownMs = 90_000;
const maxRecords = 10_000;
/** Of Linux, as engines count them. */
const firstRealTime = 34;
const lastRealTime = 64;

interface Kill {
  readonly at: number;
  readonly signal: number | undefined;
}

/**
 * Tells a container that its engine stopped on its way down from one that somebody stopped: the first was killed shortly
 * before the engine was lost, and no client of this manager asked for it.
 */
export class StopRecords {
  readonly #clock: Clock;
  readonly #killedAt = new Map<string, Kill>();
  readonly #askedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of an engine's event. */
  onEvent(event: Json): void {
    if ((textAt(event, "Type") || "container") !== "container") return;
    const action = textAt(event, "Action") || textAt(event, "status");
    const id = textAt(objectAt(event, "Actor"), "ID") || textAt(event, "id");
    if (action === "kill")
      this.#onKill(id, textAt(objectAt(objectAt(event, "Actor"), "Attributes"), "signal"));
    else if (action === "start" || action === "destroy") {
      this.#killedAt.delete(id);
      this.#askedAt.delete(id);
    }
  }

  /** A client of this manager did something to it after which it does not run. */
  onAsked(id: string): void {
    remember(this.#askedAt, id, this.#clock.monotonic());
  }

  /**
   * Asked when the engine is lost.
   * @param stopSignal of the container's config; "" for the default
   */
  wasStoppedByItsEngine(id: string, stopSignal: string): boolean {
    const kill = this.#killedAt.get(id);
    if (kill === undefined || this.#askedAt.has(id)) return false;
    const ends = [signalNumber(stopSignal) ?? constants.signals.SIGTERM, constants.signals.SIGKILL];
    // a HUP, say, is a message and no end; engines that name no signal leave it open
    if (kill.signal !== undefined && !ends.includes(kill.signal)) return false;
    return this.#clock.monotonic() - kill.at < shutdownMs;
  }

  #onKill(id: string, signal: string): void {
    remember(this.#killedAt, id, { at: this.#clock.monotonic(), signal: signalNumber(signal) });
  }
}

/** "15", "TERM", "SIGTERM", "RTMIN+3"; undefined for what is none. */
function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const [, end = "", steps = "0"] = /^(?:SIG)?RT(MIN|MAX)(?:[+-](\d+))?$/.exec(text) ?? [];
  if (end === "MIN") return firstRealTime + Number(steps);
  if (end === "MAX") return lastRealTime - Number(steps);
  const name = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  return Object.entries(constants.signals).find(([key]) => key === name)?.[1];
}

function remember<T>(times: Map<string, T>, id: string, what: T): void {
  if (id === "") return;
  times.delete(id);
  times.set(id, what);
  if (times.size <= maxRecords) return;
  const [oldest] = times.keys();
  if (oldest !== undefined) times.delete(oldest);
}
