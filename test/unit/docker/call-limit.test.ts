import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { callLimit } from "../../../src/docker/call-limit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the limit of a call", () => {
  it("is one of silence: an engine that goes on answering may take as long as it likes", () => {
    const limit = callLimit(1000, undefined, 0);
    for (let part = 0; part < 5; part += 1) {
      vi.advanceTimersByTime(900);
      limit.heard();
    }
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(limit.ended).toBe("late");
    expect(limit.signal.aborted).toBe(true);
  });

  it("is an interruption, at once or after the time that a change is given", () => {
    const interruption = new AbortController();
    const question = callLimit(60_000, interruption.signal, 0);
    const change = callLimit(60_000, interruption.signal, 10_000);
    const done = callLimit(60_000, interruption.signal, 10_000);
    interruption.abort();
    done.done();
    expect(question.ended).toBe("interrupted");
    expect(change.ended).toBeUndefined();
    vi.advanceTimersByTime(10_000);
    expect(change.ended).toBe("interrupted");
    expect(done.ended).toBeUndefined();
    expect(vi.getTimerCount()).toBe(2); // the silence of the two that nobody ended
  });

  it("is none for an interruption that came before the call", () => {
    const limit = callLimit(1000, AbortSignal.abort(), 0);
    expect(limit.ended).toBeUndefined();
    limit.done();
    expect(vi.getTimerCount()).toBe(0);
  });
});
