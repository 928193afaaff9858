import { setTimeout as realDelay } from "node:timers/promises";
import type { Clock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import type { ClusterEvent, CreateRequest, ManagedCluster } from "../../src/swarm/cluster/cluster.ts";
import { openCluster } from "../../src/swarm/cluster/engine-pool.ts";
import type { ClusterOptions } from "../../src/swarm/cluster/options.ts";
import type { Json } from "../../src/swarm/scheduler/model.ts";
import { type FakeEngine, type FakeEngineOptions, startFakeEngine } from "./fake-engine.ts";

/** A clock whose waits are `factor` times as short; it shows the real time, which engines compare theirs with. */
export function fastClock(factor: number): Clock {
  const origin = performance.now();
  return {
    now: () => Date.now(),
    monotonic: () => (performance.now() - origin) * factor,
    async delay(ms, signal) {
      await realDelay(ms / factor, undefined, signal ? { signal } : {});
    },
  };
}

/** Waits until the question is answered with something; fails with its text after half a minute. */
export async function until<T>(what: string, ask: () => T | undefined | false): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await realDelay(5);
  }
}

export interface TestCluster {
  readonly cluster: ManagedCluster;
  readonly engines: readonly FakeEngine[];
  readonly events: ClusterEvent[];
  engine(name: string): FakeEngine;
  /** Waits until every node is Healthy. */
  healthy(): Promise<void>;
  create(name: string, config?: Json, more?: Partial<CreateRequest>): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A cluster over fake engines, twenty times as fast as real life; all Healthy on return. */
export async function testCluster(
  engineOptions: readonly FakeEngineOptions[],
  options: Partial<ClusterOptions> = {},
): Promise<TestCluster> {
  const engines = await Promise.all(engineOptions.map((one) => startFakeEngine(one)));
  const cluster = openCluster({ clock: fastClock(20), log: silentLog, requestTimeoutMs: 5_000, ...options });
  const events: ClusterEvent[] = [];
  cluster.onEvent((event) => events.push(event));
  cluster.setEntries(engines.map(({ addr }) => addr));
  const world: TestCluster = {
    cluster,
    engines,
    events,
    engine(name) {
      const found = engines.find(({ state }) => state.specs.name === name);
      if (!found) throw new Error(`no engine is called ${name}`);
      return found;
    },
    async healthy() {
      await until("all nodes are Healthy", () => cluster.nodes().every((node) => node.status === "Healthy"));
      await until("all nodes are connected", () => connects(events) >= engines.length);
    },
    async create(name, config = {}, more = {}) {
      const request = {
        name,
        config: { Image: "busybox", ...config },
        registryAuth: undefined,
        apiVersion: "1.41",
      };
      const { container } = await cluster.createContainer({ ...request, ...more });
      return container.node.name;
    },
    async [Symbol.asyncDispose]() {
      await cluster.close();
      await Promise.all(engines.map((engine) => engine.stop()));
    },
  };
  await world.healthy();
  return world;
}

function connects(events: readonly ClusterEvent[]): number {
  return events.filter((event) => event["Action"] === "engine_connect").length;
}
