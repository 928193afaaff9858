import type { Clock } from "../../kit/clock.ts";
import type { Discovery } from "./discovery.ts";

/** The first list that a watch gives; rejects with its first error, or after `timeoutMs`. */
export function firstEntries(
  discovery: Pick<Discovery, "watch">,
  timeoutMs: number,
  clock: Clock,
  timedOut: () => Error,
): Promise<readonly string[]> {
  const stop = new AbortController();
  return new Promise<readonly string[]>((resolve, reject) => {
    discovery.watch(resolve, reject, stop.signal);
    clock.delay(timeoutMs, stop.signal).then(
      () => reject(timedOut()),
      () => undefined, // answered in time
    );
  }).finally(() => stop.abort());
}
