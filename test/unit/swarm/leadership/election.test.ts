import { describe, expect, it } from "vitest";
import type { HeldLock, LeaderStore } from "../../../../src/swarm/discovery/discovery.ts";
import { startElection } from "../../../../src/swarm/leadership/election.ts";
import { instantClock } from "../../../support/fake-clock.ts";
import { recordingLog } from "../../../support/swarm-log.ts";

/** A lock in memory whose holder can be thrown out. */
function memoryStore() {
  let holder: { value: string; lose: () => void } | undefined;
  let failure: Error | undefined;
  const waiting = new Set<() => void>();
  const followers = new Set<(value: string) => void>();
  const tell = () => {
    for (const follower of followers) follower(holder?.value ?? "");
    for (const wake of Array.from(waiting)) wake();
  };
  const store: LeaderStore = {
    async acquire(value, _ttlMs, signal): Promise<HeldLock> {
      if (failure !== undefined) throw failure;
      while (holder !== undefined) {
        await new Promise<void>((resolve, reject) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      }
      let lose = () => {};
      const lost = new Promise<void>((resolve) => {
        lose = resolve;
      });
      const mine = { value, lose };
      holder = mine;
      queueMicrotask(tell);
      return {
        lost,
        isHeld: () => holder === mine,
        async release() {
          if (holder !== mine) return;
          holder = undefined;
          lose();
          tell();
        },
      };
    },
    follow(onLeader, _onError, signal) {
      followers.add(onLeader);
      signal.addEventListener("abort", () => followers.delete(onLeader));
      queueMicrotask(() => onLeader(holder?.value ?? ""));
    },
  };
  return {
    store,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    /** As a TTL that ended does. */
    expel: () => {
      const old = holder;
      holder = undefined;
      old?.lose();
      tell();
    },
  };
}

const manager = (store: LeaderStore, advertise: string) => {
  const log = recordingLog();
  return { log, election: startElection({ store, advertise, ttlMs: 9_000, clock: instantClock(), log }) };
};

const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("an election", () => {
  it("has one primary, known to all, and passes on when it resigns", async () => {
    const { store } = memoryStore();
    const a = manager(store, "a:1");
    await a.election.whenElected(1_000);
    const b = manager(store, "b:2");
    await turns();
    expect([a.election.isPrimary(), b.election.isPrimary()]).toEqual([true, false]);
    expect([a.election.primary(), b.election.primary()]).toEqual(["a:1", "a:1"]);
    await a.election.close();
    await turns();
    expect([a.election.isPrimary(), b.election.isPrimary()]).toEqual([false, true]);
    expect(b.election.primary()).toBe("b:2");
    expect(b.log.lines.slice(0, 2)).toEqual([
      "info Leader Election: Cluster leadership lost",
      "info New leader elected: a:1",
    ]);
    expect(b.log.lines.slice(2).sort()).toEqual([
      "info Leader Election: Cluster leadership acquired",
      "info New leader elected: b:2",
    ]);
    await b.election.close();
  });

  it("tells listeners, and those who wait for a primary", async () => {
    const { store, fail } = memoryStore();
    fail(new Error("store is away"));
    const a = manager(store, "a:1");
    expect(await a.election.whenElected(10)).toBe(false);
    let changes = 0;
    const stop = a.election.onChange(() => {
      changes += 1;
    });
    fail(undefined);
    const isElected = a.election.whenElected(1e9);
    expect(await isElected).toBe(true);
    expect(changes).toBeGreaterThan(0);
    stop();
    expect(a.log.lines).toContain("error Leader Election: store is away");
    await a.election.close();
  });

  it("is no primary any more once the lock is gone, and campaigns again", async () => {
    const { store, expel } = memoryStore();
    const a = manager(store, "a:1");
    await a.election.whenElected(1_000);
    expel();
    expect(a.election.isPrimary()).toBe(false); // at once, whatever the event loop still holds
    expect(a.election.primary()).toBe("");
    await turns();
    expect(a.election.isPrimary()).toBe(true);
    await a.election.close();
  });
});
