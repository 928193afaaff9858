import { describe, expect, it } from "vitest";
import type { DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { findConsul } from "../support/find-consul.ts";
import { type RunningStore, startConsul, stopStoresAfterwards } from "../support/stores.ts";
import { contractOptions, drainContract, lockContract, registeringContract, watching } from "./discovery.ts";

const program = await findConsul();
stopStoresAfterwards();
let shared: Promise<RunningStore> | undefined;
const sharedStore = () => (shared ??= startConsul(program ?? ""));

const consul = {
  goneWithinMs: 20_000,
  async open(cluster: string, options?: Partial<DiscoveryOptions>) {
    const { endpoint } = await sharedStore();
    return openDiscovery(`consul://${endpoint}/${cluster}`, contractOptions(options));
  },
};

describe.skipIf(program === undefined)("consul against consul 1.8 (needs that program)", () => {
  registeringContract(() => consul);
  drainContract(() => consul);
  lockContract(() => consul, 20_000);

  it("asks several addresses in turn", async () => {
    const { endpoint } = await sharedStore();
    const discovery = await openDiscovery(`consul://127.0.0.1:1,${endpoint}/several`, contractOptions());
    const watch = watching(discovery);
    try {
      await discovery.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
    } finally {
      watch.stop();
      await discovery.close();
    }
  });

  it("marks keys as Swarm 1.2.9's library does, binds members to sessions that delete, the lock to one that releases", async () => {
    const { endpoint } = await sharedStore();
    const discovery = await consul.open("marks");
    const ask = async (path: string) => (await fetch(`http://${endpoint}/v1${path}`)).text();
    try {
      await discovery.register("10.0.0.1:2375");
      const member = await ask("/kv/marks/docker/swarm/nodes/10.0.0.1:2375");
      expect(member).toMatch(/"Flags": ?3304740253564472344\b/);
      expect(member).toContain(Buffer.from("10.0.0.1:2375").toString("base64"));
      const session = /"Session": ?"([^"]+)"/.exec(member)?.[1];
      expect(await ask(`/session/info/${session}`)).toMatch(/"Behavior": ?"delete"/);
      const lock = await discovery.leadership?.acquire("me:1", 20_000, new AbortController().signal);
      const leader = await ask("/kv/marks/docker/swarm/leader");
      expect(leader).toMatch(/"Flags": ?3304740253564472344\b/);
      const lockSession = /"Session": ?"([^"]+)"/.exec(leader)?.[1];
      const info = await ask(`/session/info/${lockSession}`);
      expect(info).toMatch(/"Behavior": ?"release"/);
      expect(info).toMatch(/"TTL": ?"10s"/);
      await lock?.release();
    } finally {
      await discovery.close();
    }
  });

  it("loses the lock at once when its session is destroyed", async () => {
    const { endpoint } = await sharedStore();
    const discovery = await consul.open("destroyed");
    try {
      const lock = await discovery.leadership?.acquire("me:1", 120_000, new AbortController().signal);
      const pair = await (await fetch(`http://${endpoint}/v1/kv/destroyed/docker/swarm/leader`)).text();
      const session = /"Session": ?"([^"]+)"/.exec(pair)?.[1];
      await fetch(`http://${endpoint}/v1/session/destroy/${session}`, { method: "PUT" });
      await lock?.lost; // long before the TTL
      expect(lock?.isHeld()).toBe(false);
    } finally {
      await discovery.close();
    }
  });
});
