import { expect, it } from "vitest";
import { systemClock } from "../../src/kit/clock.ts";
import type { Discovery, DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import type { SwarmLog } from "../../src/swarm/log.ts";

/** One way to reach a store; each call of `open` is another process as far as the store can tell. */
export interface DiscoveryUnderTest {
  open(cluster: string, options?: Partial<DiscoveryOptions>): Promise<Discovery>;
  /** How long after the last registration a member must be gone, ms. */
  goneWithinMs: number;
}

const quiet: SwarmLog = { debug() {}, info() {}, warn() {}, error() {} };

export const contractOptions = (more: Partial<DiscoveryOptions> = {}): DiscoveryOptions => ({
  heartbeatMs: 500,
  ttlMs: 120_000,
  clock: systemClock,
  log: quiet,
  ...more,
});

let count = 0;
const freshCluster = () => `contract${process.pid}x${++count}`;

/** Collects what a watch says and waits for a list. */
export function watching(discovery: Pick<Discovery, "watch">) {
  const stop = new AbortController();
  const lists: (readonly string[])[] = [];
  const errors: Error[] = [];
  let wake = () => {};
  discovery.watch(
    (addrs) => {
      lists.push(addrs);
      wake();
    },
    (error) => {
      errors.push(error);
      wake();
    },
    stop.signal,
  );
  const until = async (what: string, isTrue: () => boolean, withinMs = 30_000) => {
    const limit = performance.now() + withinMs;
    while (!isTrue()) {
      const left = limit - performance.now();
      if (left <= 0) {
        const seen = JSON.stringify({
          lists: lists.slice(-5),
          errors: errors.slice(-3).map((error) => error.message),
        });
        throw new Error(`${what}: not within ${withinMs} ms; seen ${seen}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 100));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return {
    lists,
    errors,
    until,
    list: (expected: readonly string[], withinMs?: number) =>
      until(`list ${expected.join()}`, () => sorted(lists.at(-1)) === sorted(expected), withinMs),
    stop: () => stop.abort(),
  };
}

const sorted = (list: readonly string[] | undefined) =>
  list === undefined ? undefined : [...list].sort().join();

/** What every backend that can register must do. `store` is called inside the tests. */
export function registeringContract(store: () => DiscoveryUnderTest): void {
  it("shows members as they register, without doubles, values being the addresses", async () => {
    const cluster = freshCluster();
    const [manager, agent, other] = [
      await store().open(cluster),
      await store().open(cluster),
      await store().open(cluster),
    ];
    const watch = watching(manager);
    try {
      await watch.list([]);
      await agent.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
      await Promise.all([other.register("[fd00::2]:2375"), agent.register("10.0.0.1:2375")]);
      await watch.list(["10.0.0.1:2375", "[fd00::2]:2375"]);
      await other.register("host-7.example:2376");
      await watch.list(["10.0.0.1:2375", "[fd00::2]:2375", "host-7.example:2376"]);
    } finally {
      watch.stop();
      await Promise.all([manager, agent, other].map((one) => one.close()));
    }
  });

  it("hands on no list that holds what the one before held, however often members register", async () => {
    const cluster = freshCluster();
    const manager = await store().open(cluster);
    const agent = await store().open(cluster);
    const watch = watching(manager);
    try {
      await agent.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
      const seen = watch.lists.length;
      for (let beat = 0; beat < 5; beat += 1) await agent.register("10.0.0.1:2375");
      await agent.register("10.0.0.2:2375"); // comes after the beats: they were seen before it
      await watch.list(["10.0.0.1:2375", "10.0.0.2:2375"]);
      expect(watch.lists.length).toBe(seen + 1);
    } finally {
      watch.stop();
      await Promise.all([manager.close(), agent.close()]);
    }
  });

  it("forgets a member that stops registering, and one that goes", async () => {
    const cluster = freshCluster();
    const [manager, dying, leaving, staying] = [
      await store().open(cluster),
      await store().open(cluster, { ttlMs: 4_000 }),
      await store().open(cluster),
      await store().open(cluster),
    ];
    const watch = watching(manager);
    try {
      await staying.register("10.0.0.3:2375");
      await leaving.register("10.0.0.2:2375");
      await dying.register("10.0.0.1:2375");
      await watch.until("all were seen", () =>
        [1, 2, 3].every((n) => watch.lists.some((list) => list.includes(`10.0.0.${n}:2375`))),
      );
      await leaving.unregister?.("10.0.0.2:2375");
      await watch.until("the one that left is gone", () => !watch.lists.at(-1)?.includes("10.0.0.2:2375"));
      await dying.close(); // without a word: only its TTL or session ends
      await watch.list(["10.0.0.3:2375"], store().goneWithinMs + 30_000);
    } finally {
      watch.stop();
      await Promise.all([manager, leaving, staying].map((one) => one.close()));
    }
  });

  it("keeps clusters apart", async () => {
    const [one, two] = [await store().open(freshCluster()), await store().open(freshCluster())];
    const watch = watching(two);
    try {
      await one.register("10.0.0.1:2375");
      await two.register("10.0.0.2:2375");
      await watch.list(["10.0.0.2:2375"]);
    } finally {
      watch.stop();
      await Promise.all([one.close(), two.close()]);
    }
  });
}

/** What every backend that can keep values must do for those who drain members. */
export function drainContract(store: () => DiscoveryUnderTest): void {
  it("keeps who is drained for every manager, whether the member and who said so are there or not", async () => {
    const cluster = freshCluster();
    const [one, two, elsewhere] = [
      await store().open(cluster, { ttlMs: 4_000 }),
      await store().open(cluster),
      await store().open(freshCluster()),
    ];
    const [watch, other] = [watching(drainedOf(two)), watching(drainedOf(elsewhere))];
    try {
      await Promise.all([watch.list([]), other.list([])]);
      await drainedOf(one).set("10.0.0.1:2375");
      await drainedOf(one).set("[fd00::2]:2375");
      await drainedOf(one).set("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375", "[fd00::2]:2375"]);
      await one.close();
      await drainedOf(two).clear("[fd00::2]:2375");
      await drainedOf(two).clear("10.0.0.9:2375"); // never was
      await watch.list(["10.0.0.1:2375"]);
      await using late = await opened(store(), cluster);
      const again = watching(drainedOf(late.discovery));
      await again.list(["10.0.0.1:2375"]);
      again.stop();
      const members = watching(late.discovery);
      await members.list([]);
      members.stop();
      expect([watch.errors, other.errors, other.lists]).toEqual([[], [], [[]]]);
    } finally {
      watch.stop();
      other.stop();
      await Promise.all([one.close(), two.close(), elsewhere.close()]);
    }
  });
}

async function opened(store: DiscoveryUnderTest, cluster: string) {
  const discovery = await store.open(cluster);
  return { discovery, [Symbol.asyncDispose]: () => discovery.close() };
}

function drainedOf(discovery: Discovery) {
  if (discovery.drained === undefined) throw new Error("this backend keeps nothing");
  return discovery.drained;
}

/** What every backend that can hold a lock must do. */
export function lockContract(store: () => DiscoveryUnderTest, ttlMs: number): void {
  it("gives the lock to one, tells everybody who has it, and passes it on at once when released", async () => {
    const cluster = freshCluster();
    const [a, b, c] = [await store().open(cluster), await store().open(cluster), await store().open(cluster)];
    const stop = new AbortController();
    const leaders: string[] = [];
    try {
      const first = await locksOf(a).acquire("10.0.0.1:3376", ttlMs, stop.signal);
      expect(first.isHeld()).toBe(true);
      locksOf(c).follow(
        (value) => leaders.push(value),
        () => {},
        stop.signal,
      );
      let isSecondHeld = false;
      const second = locksOf(b)
        .acquire("10.0.0.2:3376", ttlMs, stop.signal)
        .then((lock) => {
          isSecondHeld = true;
          return lock;
        });
      // renewals go on well past the TTL
      const end = performance.now() + ttlMs * 1.2;
      while (performance.now() < end) {
        expect(first.isHeld()).toBe(true);
        expect(isSecondHeld).toBe(false);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(leaders).toEqual(["10.0.0.1:3376"]);
      const released = performance.now();
      await first.release();
      expect(first.isHeld()).toBe(false);
      await first.lost;
      const lock = await second;
      expect(performance.now() - released).toBeLessThan(ttlMs); // it did not wait for the TTL
      expect(lock.isHeld()).toBe(true);
      const limit = performance.now() + 20_000;
      while (leaders.at(-1) !== "10.0.0.2:3376" && performance.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(leaders.at(-1)).toBe("10.0.0.2:3376");
      await lock.release();
    } finally {
      stop.abort();
      await Promise.all([a.close(), b.close(), c.close()]);
    }
  });

  it("stops waiting when told to", async () => {
    const cluster = freshCluster();
    const [a, b] = [await store().open(cluster), await store().open(cluster)];
    const stop = new AbortController();
    try {
      const lock = await locksOf(a).acquire("one:1", ttlMs, stop.signal);
      const waiting = locksOf(b).acquire("two:2", ttlMs, stop.signal);
      stop.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow();
      await lock.release();
      // nobody is left in the queue
      const next = await locksOf(b).acquire("two:2", ttlMs, new AbortController().signal);
      await next.release();
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });
}

function locksOf(discovery: Discovery) {
  if (discovery.leadership === undefined) throw new Error("this backend holds no locks");
  return discovery.leadership;
}
