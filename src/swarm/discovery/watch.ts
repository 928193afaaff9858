import type { Clock } from "../../kit/clock.ts";
import { checkEntries, sameEntries } from "./entries.ts";

/** What a backend gives so that its members can be watched. */
export interface MemberSource<Cursor> {
  list(signal: AbortSignal): Promise<{ addrs: readonly string[]; cursor: Cursor }>;
  /** Resolves when the list may differ from that of `cursor`; rejects when the store cannot be asked. */
  changed(cursor: Cursor, signal: AbortSignal): Promise<void>;
}

const coalesceMs = 50;
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Lists, waits for a change, lists again, for ever. A burst of changes gives one list, and a list that holds what the
 * one before held is not handed on. After a failure it starts again: at once, then after pauses that grow to a
 * heartbeat, at most 10 s.
 */
export function watchMembers<Cursor>(
  source: MemberSource<Cursor>,
  options: { clock: Clock; heartbeatMs: number },
  onEntries: (addrs: readonly string[]) => void,
  onError: (error: Error) => void,
  signal: AbortSignal,
): void {
  const { clock } = options;
  let last: readonly string[] | undefined;
  const round = async () => {
    const { addrs, cursor } = await source.list(signal);
    try {
      const entries = checkEntries(addrs);
      if (!signal.aborted && !sameEntries(last, entries)) {
        last = entries;
        onEntries(entries);
      }
    } catch (error) {
      onError(asError(error)); // one bad entry spoils this list, not the watch
    }
    await source.changed(cursor, signal);
    await clock.delay(coalesceMs, signal);
  };
  const run = async () => {
    let pauseMs = 0;
    while (!signal.aborted) {
      try {
        await round();
        pauseMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        onError(asError(error));
        pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), options.heartbeatMs, longestPauseMs);
        await clock.delay(pauseMs, signal).catch(() => undefined); // aborted: the loop ends by itself
      }
    }
  };
  void run();
}

/** Follows one value the same way; "" stands for none. */
export function watchValue<Cursor>(
  source: {
    read(signal: AbortSignal): Promise<{ value: string; cursor: Cursor }>;
    changed(cursor: Cursor, signal: AbortSignal): Promise<void>;
  },
  clock: Clock,
  onValue: (value: string) => void,
  onError: (error: Error) => void,
  signal: AbortSignal,
): void {
  const run = async () => {
    let last: string | undefined;
    let pauseMs = 0;
    while (!signal.aborted) {
      try {
        const { value, cursor } = await source.read(signal);
        if (value !== last && !signal.aborted) {
          last = value;
          onValue(value);
        }
        await source.changed(cursor, signal);
        pauseMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        onError(asError(error));
        pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), longestPauseMs);
        await clock.delay(pauseMs, signal).catch(() => undefined); // aborted: the loop ends by itself
      }
    }
  };
  void run();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
