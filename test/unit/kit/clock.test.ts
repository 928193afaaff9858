import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/kit/clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a delay beyond the 24.8 days that a timer holds lasts its whole time", async () => {
  const day = 24 * 3_600_000;
  let isOver = false;
  const delay = systemClock.delay(60 * day).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(60 * day - 1_000);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await delay;
  expect(isOver).toBe(true);
});
