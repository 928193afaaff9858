import type { Clock } from "../../kit/clock.ts";
import { objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

const shutdownMs = 90_000;
const maxRecords = 10_000;

/**
 * Tells a container that its engine stopped on its way down from one that somebody stopped: the first was killed shortly
 * before the engine was lost, and no client of this manager asked for it.
 */
export class StopRecords {
  readonly #clock: Clock;
  readonly #killedAt = new Map<string, number>();
  readonly #askedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of an engine's event. */
  onEvent(event: Json): void {
    if ((textAt(event, "Type") || "container") !== "container") return;
    const action = textAt(event, "Action") || textAt(event, "status");
    const id = textAt(objectAt(event, "Actor"), "ID") || textAt(event, "id");
    if (action === "kill") remember(this.#killedAt, id, this.#clock.monotonic());
    else if (action === "start" || action === "destroy") {
      this.#killedAt.delete(id);
      this.#askedAt.delete(id);
    }
  }

  /** A client of this manager did something to it after which it does not run. */
  onAsked(id: string): void {
    remember(this.#askedAt, id, this.#clock.monotonic());
  }

  /** Asked when the engine is lost. */
  wasStoppedByItsEngine(id: string): boolean {
    const killedAt = this.#killedAt.get(id);
    if (killedAt === undefined || this.#askedAt.has(id)) return false;
    return this.#clock.monotonic() - killedAt < shutdownMs;
  }
}

function remember(times: Map<string, number>, id: string, at: number): void {
  if (id === "") return;
  times.delete(id);
  times.set(id, at);
  if (times.size <= maxRecords) return;
  const [oldest] = times.keys();
  if (oldest !== undefined) times.delete(oldest);
}
