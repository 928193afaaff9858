import { describe, expect, test } from "vitest";
import { sinceOf } from "../../../../src/swarm/cluster/event-stream.ts";
import { StopRecords } from "../../../../src/swarm/cluster/stop-records.ts";
import { eventRetryMs, pendingRetryMs, refreshWaitMs } from "../../../../src/swarm/cluster/timing.ts";
import { manualClock } from "../../../support/fake-clock.ts";

const timing = {
  refreshMinMs: 30_000,
  refreshMaxMs: 60_000,
  pingMs: 15_000,
  probeMs: 1_000,
  random: () => 0.5,
};

describe("waits", () => {
  test("refreshes spread between minimum and maximum and back off while an engine is down, up to a limit", () => {
    expect(refreshWaitMs(-3, { ...timing, random: () => 0 })).toBe(30_000);
    expect(refreshWaitMs(-3, { ...timing, random: () => 0.999 })).toBeLessThan(60_000);
    expect(refreshWaitMs(0, timing)).toBe(45_000);
    expect(refreshWaitMs(1, timing)).toBe(75_000);
    expect(refreshWaitMs(1e6, timing)).toBe(refreshWaitMs(9, timing));
  });

  test("a pending engine is tried each second for a minute, then up to a minute apart", () => {
    expect(pendingRetryMs(0, timing)).toBe(1_000);
    expect(pendingRetryMs(59, timing)).toBe(1_000);
    expect(pendingRetryMs(62, timing)).toBe(4_000);
    expect(pendingRetryMs(1e6, timing)).toBe(60_000);
  });

  test("a lost event stream is opened again within two seconds, later within ten", () => {
    expect([0, 1, 2, 50].map((failures) => eventRetryMs(failures, timing))).toEqual([
      500, 1_000, 2_000, 2_000,
    ]);
    expect(eventRetryMs(500, timing)).toBe(10_000);
  });

  test("events begin where the engine's clock stood", () => {
    expect(sinceOf("2026-01-01T00:00:00.123456789Z")).toBe(`${Date.UTC(2026, 0, 1) / 1000}.123456789`);
    expect(sinceOf("2026-01-01T01:00:00+01:00")).toBe(`${Date.UTC(2026, 0, 1) / 1000}.000000000`);
    expect(sinceOf("yesterday")).toBe("");
  });
});

describe("who stopped a container", () => {
  const event = (Action: string, id = "a") => ({ Type: "container", Action, Actor: { ID: id } });

  test("killed shortly before the engine was lost: the engine on its way down", async () => {
    const clock = manualClock();
    const stops = new StopRecords(clock);
    stops.onEvent(event("kill"));
    stops.onEvent(event("die"));
    await clock.advance(20_000);
    expect(stops.wasStoppedByItsEngine("a", "")).toBe(true);
    await clock.advance(100_000);
    expect(stops.wasStoppedByItsEngine("a", "")).toBe(false);
  });

  test("stopped through this manager, ended by itself, or started since: not the engine", () => {
    const stops = new StopRecords(manualClock());
    stops.onEvent(event("kill"));
    stops.onAsked("a");
    stops.onEvent(event("die", "b"));
    stops.onEvent(event("kill", "c"));
    stops.onEvent(event("start", "c"));
    expect(["a", "b", "c"].map((id) => stops.wasStoppedByItsEngine(id, ""))).toEqual([false, false, false]);
  });

  test.each([
    ["1", "", false],
    ["HUP", "", false],
    ["SIGUSR1", "SIGTERM", false],
    ["15", "", true],
    ["SIGTERM", "SIGTERM", true],
    ["9", "SIGQUIT", true],
    ["3", "SIGQUIT", true],
    ["15", "SIGQUIT", false],
    ["37", "SIGRTMIN+3", true],
    ["62", "RTMAX-2", true],
    ["10", "10", true],
    ["", "", true],
    ["1", "no signal", false],
  ])(
    "signal %j to a container whose stop signal is %j: the engine on its way down? %j",
    (sent, own, expected) => {
      const stops = new StopRecords(manualClock());
      stops.onEvent({ Type: "container", Action: "kill", Actor: { ID: "a", Attributes: { signal: sent } } });
      expect(stops.wasStoppedByItsEngine("a", own)).toBe(expected);
    },
  );
});
