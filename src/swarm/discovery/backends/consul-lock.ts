import type { Clock } from "../../../kit/clock.ts";
import { formatDuration } from "../../duration.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { HeldLock, LeaderStore } from "../discovery.ts";
import { watchValue } from "../watch.ts";
import { type ConsulApi, lockFlags } from "./consul-api.ts";

const lockDelayMs = 100;

/** Consul's usual lock: the key belongs to whoever's session acquired it. */
export function consulLock(api: ConsulApi, key: string, clock: Clock): LeaderStore {
  const source = {
    async read(signal: AbortSignal) {
      const { pairs, index } = await api.read(key, { signal });
      const holder = pairs[0];
      return { value: holder !== undefined && holder.session !== "" ? holder.value : "", cursor: index };
    },
    async changed(index: string, signal: AbortSignal) {
      await api.read(key, { index: index === "0" ? "1" : index, signal });
    },
  };
  return {
    async acquire(value, ttlMs, signal) {
      const sessionTtlMs = ttlMs / 2;
      let session: string | undefined;
      try {
        for (;;) {
          signal.throwIfAborted();
          const since = clock.monotonic();
          if (session !== undefined && !(await api.renewSession(session, signal))) session = undefined;
          session ??= await api.createSession("release", formatDuration(sessionTtlMs));
          if (await api.put(key, value, `acquire=${session}&flags=${lockFlags}`, signal)) {
            return hold(api, key, value, session, { ttlMs: sessionTtlMs, since, clock });
          }
          const { value: holder, cursor } = await source.read(signal);
          if (holder === "")
            await clock.delay(lockDelayMs, signal); // lock delay of the last holder's session
          else await source.changed(cursor, signal);
        }
      } catch (error) {
        if (session !== undefined) void api.destroySession(session).catch(() => undefined); // its TTL ends it
        throw error;
      }
    },
    follow: (onLeader, onError, signal) => watchValue(source, clock, onLeader, onError, signal),
  };
}

function hold(
  api: ConsulApi,
  key: string,
  value: string,
  session: string,
  times: { ttlMs: number; since: number; clock: Clock },
): HeldLock {
  return holdLease(
    {
      ttlMs: times.ttlMs,
      since: times.since,
      renew: (signal) => api.renewSession(session, signal),
      async release() {
        await api.put(key, value, `release=${session}&flags=${lockFlags}`);
        await api.destroySession(session);
      },
      /** Ends when the key is taken from the session by other means than time. */
      async watch(signal) {
        let index: string | undefined;
        while (!signal.aborted) {
          try {
            const answer = await api.read(key, { index, signal });
            if (answer.pairs[0]?.session !== session) return;
            index = answer.index;
          } catch {
            // away: the lease's own clock decides
            await times.clock.delay(1_000, signal);
          }
        }
      },
    },
    times.clock,
  );
}
