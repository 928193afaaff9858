import { messageOf } from "../../kit/errors.ts";
import type { Log } from "../../kit/log.ts";
import type { ClusterEvent } from "./cluster.ts";

/** Hands events to all who listen; one that fails does not keep it from the others. */
export class Emitter {
  readonly #log: Log;
  readonly #listeners = new Set<(event: ClusterEvent) => void>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns a function that ends the subscription */
  listen(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: ClusterEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#log.warn(`a listener of events failed: ${messageOf(error)}`);
      }
    }
  }
}
