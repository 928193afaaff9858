import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Coalescer, forEachLimited, Limiter } from "../../../../src/swarm/cluster/limiter.ts";

/** A job that ends when told to. */
function held() {
  let release = () => {};
  const ended = new Promise<void>((resolve) => (release = resolve));
  return { ended, release };
}

describe("Limiter", () => {
  test("runs so many at a time, urgent ones first, and gives slots back after failures", async () => {
    const limiter = new Limiter(1);
    const first = held();
    const order: string[] = [];
    const jobs = [
      limiter.run(() => first.ended),
      limiter.run(async () => void order.push("patient"), false),
      limiter.run(() => Promise.reject(new Error("broken"))).catch(() => order.push("failed")),
      limiter.run(async () => void order.push("urgent")),
    ];
    expect(limiter.isBusy).toBe(true);
    first.release();
    await Promise.all(jobs);
    expect(order.toSorted()).toEqual(["failed", "patient", "urgent"]);
    expect(order.indexOf("urgent")).toBeLessThan(order.indexOf("patient"));
    await limiter.run(async () => void order.push("later"));
    expect(order.at(-1)).toBe("later");
    expect(limiter.isBusy).toBe(false);
  });
});

describe("Coalescer", () => {
  test("who asks during a run gets the next run, shared by all", async () => {
    const coalescer = new Coalescer();
    const runs: ReturnType<typeof held>[] = [];
    const job = () => {
      const run = held();
      runs.push(run);
      return run.ended;
    };
    const first = coalescer.run("a", job);
    const second = coalescer.run("a", job);
    const third = coalescer.run("a", job);
    const other = coalescer.run("b", job);
    expect(runs).toHaveLength(2);
    runs[0]?.release();
    await first;
    await nextTurn();
    expect(runs).toHaveLength(3);
    runs[1]?.release();
    runs[2]?.release();
    await Promise.all([second, third, other]);
    const again = coalescer.run("a", job);
    expect(runs).toHaveLength(4);
    runs[3]?.release();
    await again;
  });

  test("a failed run does not keep the next from running", async () => {
    const coalescer = new Coalescer();
    const first = coalescer.run("a", () => Promise.reject(new Error("broken")));
    const second = coalescer.run("a", () => Promise.resolve());
    await expect(first).rejects.toThrow("broken");
    await expect(second).resolves.toBeUndefined();
  });
});

test("forEachLimited handles every item and never more than the limit at once", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await nextTurn();
    seen.push(item);
    running--;
  });
  expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});
