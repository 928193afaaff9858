import { randomUUID } from "node:crypto";
import type { Clock } from "../../../kit/clock.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { Discovery, LeaderStore } from "../discovery.ts";
import type { ClusterBook } from "./book.ts";

/** A manager registers nobody; who does it by this way gets the service's usual time. */
const registrationMs = 180_000;

/** A cluster of the service that this very process runs: registrations are known at once, no heartbeat is waited for. */
export function embeddedDiscovery(book: ClusterBook, id: string, clock: Clock): Discovery {
  return {
    register: (addr) => book.register(id, addr, registrationMs),
    unregister: (addr) => book.unregister(id, addr),
    watch: watchPart(book, id, "members"),
    drained: {
      set: (addr) => book.mark(id, addr),
      clear: (addr) => book.unmark(id, addr),
      watch: watchPart(book, id, "drained"),
    },
    leadership: embeddedLock(book, id, clock),
    close: async () => undefined,
  };
}

function watchPart(book: ClusterBook, id: string, part: "members" | "drained"): Discovery["watch"] {
  return (onEntries, _onError, signal) => {
    let index = -1;
    const look = () => {
      const now = book.index(id, part);
      if (now === index || signal.aborted) return;
      index = now;
      onEntries(part === "members" ? book.entries(id) : book.drained(id));
    };
    const stop = book.onChange((changed) => {
      if (changed === book.resolve(id)) look();
    });
    signal.addEventListener("abort", stop, { once: true });
    queueMicrotask(look);
  };
}

function embeddedLock(book: ClusterBook, id: string, clock: Clock): LeaderStore {
  return {
    async acquire(value, ttlMs, signal) {
      const session = randomUUID();
      for (;;) {
        signal.throwIfAborted();
        const since = clock.monotonic();
        if (await book.take(id, session, value, ttlMs)) {
          const renew = () => book.take(id, session, value, ttlMs);
          return holdLease({ ttlMs, since, renew, release: () => book.release(id, session) }, clock);
        }
        await nextChange(book, signal);
      }
    },
    follow(onLeader, _onError, signal) {
      let last: string | undefined;
      const look = () => {
        const value = book.leader(id);
        if (value === last || signal.aborted) return;
        last = value;
        onLeader(value);
      };
      const stop = book.onChange(look);
      signal.addEventListener("abort", stop, { once: true });
      queueMicrotask(look);
    },
  };
}

function nextChange(book: ClusterBook, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    const stop = book.onChange(() => {
      stop();
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
