import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/kit/errors.ts";
import { type AgentOptions, runAgent } from "../../../../src/swarm/agent/agent.ts";
import { manualClock } from "../../../support/fake-clock.ts";
import { recordingLog } from "../../../support/swarm-log.ts";

async function agent(register: () => Promise<void>, more: Partial<AgentOptions> = {}) {
  const clock = manualClock();
  const log = recordingLog();
  const stop = new AbortController();
  const left: string[] = [];
  const beats: number[] = [];
  const done = runAgent({
    discovery: {
      async register() {
        beats.push(clock.monotonic());
        await register();
      },
      async unregister(addr) {
        left.push(addr);
      },
      watch: () => undefined,
      close: async () => undefined,
    },
    discoveryUrl: "token://abc",
    addr: "10.0.0.1:2375",
    heartbeatMs: 60_000,
    ttlMs: 180_000,
    delayMs: 0,
    clock,
    log,
    random: () => 0,
    signal: stop.signal,
    ...more,
  });
  await clock.advance(0); // it has begun
  return { beats, clock, done, left, log, stop };
}

describe("the agent", () => {
  it("registers at start and at each heartbeat, and leaves when told to stop", async () => {
    const { beats, clock, done, left, log, stop } = await agent(async () => undefined);
    expect(beats).toEqual([0]);
    await clock.advance(120_000);
    expect(beats).toEqual([0, 60_000, 120_000]);
    stop.abort();
    await done;
    expect(left).toEqual(["10.0.0.1:2375"]);
    expect(log.lines[0]).toBe(
      "info Registering on the discovery service every 1m0s... addr=10.0.0.1:2375 discovery=token://abc",
    );
  });

  it("comes up to a tenth early, never late", async () => {
    const { beats, clock, done, stop } = await agent(async () => undefined, { random: () => 0.5 });
    await clock.advance(57_000);
    expect(beats).toEqual([0, 57_000]);
    stop.abort();
    await done;
  });

  it("waits a random part of the delay first, and says so", async () => {
    const { beats, clock, done, log, stop } = await agent(async () => undefined, {
      delayMs: 10_000,
      random: () => 0.25,
    });
    await clock.advance(2_400);
    expect(beats).toEqual([]);
    await clock.advance(100);
    expect(beats).toEqual([2_500]);
    expect(log.lines[0]).toMatch(/^info Waiting for 2.5s/);
    stop.abort();
    await done;
  });

  it("logs what failed, tries again within the heartbeat, and tells that it succeeded", async () => {
    let isAway = true;
    const { beats, clock, done, left, log, stop } = await agent(async () => {
      if (isAway) throw new Error("connect ECONNREFUSED");
    });
    await clock.advance(750);
    expect(beats).toEqual([0, 250, 750]);
    isAway = false;
    await clock.advance(1_000);
    expect(beats).toEqual([0, 250, 750, 1_750]);
    expect(log.lines.filter((line) => line.startsWith("error"))).toHaveLength(3);
    expect(log.lines.at(-1)).toMatch(/Registered after 3 failed tries/);
    await clock.advance(58_250);
    expect(beats.at(-1)).toBe(60_000); // back in step
    stop.abort();
    await done;
    expect(left).toHaveLength(1);
  });

  it("says when a heartbeat is lost, and goes on for ever", async () => {
    const { beats, clock, done, left, log, stop } = await agent(async () => {
      throw new Error("away");
    });
    await clock.advance(600_000);
    expect(log.lines.filter((line) => line.startsWith("warn A heartbeat was lost")).length).toBeGreaterThan(
      8,
    );
    expect(beats.length).toBeGreaterThan(30);
    stop.abort();
    await done;
    expect(left).toEqual([]); // never registered: nothing to take back
  });

  it("does not hurry where registering is not possible at all", async () => {
    const { beats, clock, done, stop } = await agent(async () => {
      throw new AppError("CANNOT_REGISTER", "not implemented in this discovery service");
    });
    await clock.advance(120_000);
    expect(beats).toEqual([0, 60_000, 120_000]);
    stop.abort();
    await done;
  });
});
