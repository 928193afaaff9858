import { describe, expect, it } from "vitest";
import { holdLease, type Lease } from "../../../../src/swarm/leadership/lease.ts";
import { manualClock } from "../../../support/fake-clock.ts";

function leaseOf(renew: Lease["renew"]) {
  const clock = manualClock();
  const released: number[] = [];
  const lock = holdLease(
    {
      ttlMs: 9_000,
      since: clock.monotonic(),
      renew,
      release: async () => {
        released.push(clock.monotonic());
      },
    },
    clock,
  );
  let isLost = false;
  void lock.lost.then(() => {
    isLost = true;
  });
  return { clock, lock, released, isLost: () => isLost };
}

describe("a held lock", () => {
  it("is held as long as renewals succeed", async () => {
    let renewals = 0;
    const { clock, lock, isLost } = leaseOf(async () => {
      renewals += 1;
      return true;
    });
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000);
      expect(lock.isHeld()).toBe(true);
    }
    expect(renewals).toBe(20);
    expect(isLost()).toBe(false);
    await lock.release();
  });

  it("is lost before its TTL ends when the store does not answer, and tried again until then", async () => {
    let renewals = 0;
    const { clock, lock, isLost } = leaseOf(async () => {
      renewals += 1;
      throw new Error("away");
    });
    await clock.advance(8_000);
    expect(lock.isHeld()).toBe(true);
    expect(renewals).toBeGreaterThan(3);
    await clock.advance(900);
    expect(lock.isHeld()).toBe(false);
    expect(isLost()).toBe(true);
  });

  it("is lost in time when a renewal hangs", async () => {
    const { clock, lock, isLost } = leaseOf((signal) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await clock.advance(8_900);
    expect(lock.isHeld()).toBe(false);
    expect(isLost()).toBe(true);
  });

  it("is lost at once when it is another's, and given back", async () => {
    const { clock, lock, released, isLost } = leaseOf(async () => false);
    await clock.advance(3_000);
    expect(lock.isHeld()).toBe(false);
    expect(isLost()).toBe(true);
    expect(released).toEqual([3_000]);
  });

  it("is not held after a long stop, even before any timer ran", async () => {
    const { clock, lock } = leaseOf(async () => true);
    const stopped = clock.advance(20_000); // time passes; nothing of ours has run yet when we look
    void stopped;
    const jumped = { ...clock, monotonic: () => 20_000 };
    const late = holdLease(
      { ttlMs: 9_000, since: 0, renew: async () => true, release: async () => undefined },
      jumped,
    );
    expect(late.isHeld()).toBe(false);
    await stopped;
    await lock.release();
    await late.release();
  });

  it("counts from when a renewal was sent, not from when it was answered", async () => {
    let answer: (held: boolean) => void = () => undefined;
    const { clock, lock } = leaseOf(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await clock.advance(8_000); // sent at 3 s
    answer(true);
    await clock.advance(0);
    await clock.advance(3_000); // 11 s: within 3 + 8.1
    expect(lock.isHeld()).toBe(true);
    await clock.advance(200);
    expect(lock.isHeld()).toBe(false);
    await lock.release();
  });

  it("is released once, and is then lost", async () => {
    const { lock, released, isLost } = leaseOf(async () => true);
    await Promise.all([lock.release(), lock.release()]);
    expect(lock.isHeld()).toBe(false);
    expect(released).toHaveLength(1);
    expect(isLost()).toBe(true);
  });
});
