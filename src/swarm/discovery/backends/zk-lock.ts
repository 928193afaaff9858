import { randomUUID } from "node:crypto";
import type { Clock } from "../../../kit/clock.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { HeldLock, LeaderStore } from "../discovery.ts";
import { watchValue } from "../watch.ts";
import type { ZkSession } from "./zk-session.ts";
import { whenChanged, type ZkStore } from "./zk-store.ts";

/** The sequence that ZooKeeper appends: ten digits. */
const sequence = /-lock-([0-9]{10})$/;

/** ZooKeeper's lock recipe under the leader node, with the leader's address as the node's data, as Swarm 1.2.9 does. */
export function zkLock(store: ZkStore, leaderPath: string, clock: Clock): LeaderStore {
  const source = {
    async read() {
      const session = await store.session();
      await session.ensure(leaderPath);
      const change = new AbortController();
      const onChange = () => change.abort();
      const names = await session.children(leaderPath, onChange);
      const value = await session.getData(leaderPath, onChange);
      // the data outlives a holder that died
      const isHeld = names.some((name) => sequence.test(name));
      return { value: isHeld ? value : "", cursor: { session, change: change.signal } };
    },
    changed: whenChanged,
  };
  return {
    async acquire(value, ttlMs, signal) {
      const session = await store.open(ttlMs);
      try {
        await session.ensure(leaderPath);
        const prefix = `${leaderPath}/_c_${randomUUID().replaceAll("-", "")}-lock-`;
        const own = await session.create(prefix, "", "sequential");
        await whenLowest(session, leaderPath, own, signal);
        const since = clock.monotonic();
        await session.setData(leaderPath, value);
        return hold(session, leaderPath, own, since, clock);
      } catch (error) {
        session.end("not needed any more"); // takes our place in the queue with it
        throw error;
      }
    },
    follow: (onLeader, onError, signal) => watchValue(source, clock, onLeader, onError, signal),
  };
}

async function whenLowest(
  session: ZkSession,
  leaderPath: string,
  own: string,
  signal: AbortSignal,
): Promise<void> {
  const mine = numberOf(own);
  for (;;) {
    signal.throwIfAborted();
    const before = (await session.children(leaderPath))
      .filter((name) => sequence.test(name) && numberOf(name) < mine)
      .sort((a, b) => numberOf(b) - numberOf(a))[0];
    if (before === undefined) return;
    const change = new AbortController();
    const owner = await session.owner(`${leaderPath}/${before}`, () => change.abort());
    if (owner !== undefined) await whenChanged({ session, change: change.signal }, signal);
  }
}

function numberOf(name: string): number {
  return Number(sequence.exec(name)?.[1] ?? Number.NaN);
}

function hold(session: ZkSession, leaderPath: string, own: string, since: number, clock: Clock): HeldLock {
  return holdLease(
    {
      ttlMs: session.timeoutMs,
      since,
      renew: async () => (await session.owner(own)) === session.id,
      async release() {
        try {
          if ((await session.owner(own)) === session.id) await session.setData(leaderPath, "");
          await session.remove(own);
        } finally {
          session.end("released");
        }
      },
      watch: (signal) =>
        new Promise((resolve) => {
          AbortSignal.any([session.gone, signal]).addEventListener("abort", () => resolve(), { once: true });
        }),
    },
    clock,
  );
}
