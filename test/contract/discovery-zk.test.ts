import { describe, expect, it } from "vitest";
import type { DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { type RunningStore, startZookeeper, stopStoresAfterwards } from "../support/stores.ts";
import { contractOptions, drainContract, lockContract, registeringContract, watching } from "./discovery.ts";

stopStoresAfterwards();
let shared: Promise<RunningStore> | undefined;
const sharedStore = () => (shared ??= startZookeeper());

const zookeeper = {
  goneWithinMs: 10_000,
  async open(cluster: string, options?: Partial<DiscoveryOptions>) {
    const { endpoint } = await sharedStore();
    return openDiscovery(`zk://${endpoint}/${cluster}`, contractOptions(options));
  },
};

describe("zk against ZooKeeper", () => {
  registeringContract(() => zookeeper);
  drainContract(() => zookeeper);
  lockContract(() => zookeeper, 10_000);

  it("misses no registration, however quickly they follow each other", async () => {
    const manager = await zookeeper.open("burst");
    const agent = await zookeeper.open("burst");
    const watch = watching(manager);
    const addrs = Array.from({ length: 40 }, (_, n) => `10.0.0.${n}:2375`);
    try {
      await watch.list([]);
      await Promise.all(addrs.map((addr) => agent.register(addr)));
      await watch.list(addrs);
    } finally {
      watch.stop();
      await Promise.all([manager.close(), agent.close()]);
    }
  });

  it("takes over the node that a dead agent of the same address left", async () => {
    const [manager, dead, agent] = [
      await zookeeper.open("again"),
      await zookeeper.open("again"),
      await zookeeper.open("again"),
    ];
    const watch = watching(manager);
    try {
      await dead.register("10.0.0.1:2375");
      await agent.register("10.0.0.1:2375");
      await dead.close(); // its session's end takes its node along, which is not the agent's
      await agent.register("10.0.0.2:2375");
      await watch.list(["10.0.0.1:2375", "10.0.0.2:2375"]);
    } finally {
      watch.stop();
      await Promise.all([manager.close(), agent.close()]);
    }
  });

  it("reports a server that is away and goes on when it is back", async () => {
    const store = await startZookeeper();
    const discovery = await openDiscovery(`zk://${store.endpoint}/back`, contractOptions());
    const watch = watching(discovery);
    try {
      await discovery.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
      store.child.kill("SIGKILL");
      await expect(discovery.register("10.0.0.1:2375")).rejects.toThrow(/zookeeper/);
      await store.restart();
      const limit = performance.now() + 60_000;
      let isRegistered = false;
      while (!isRegistered && performance.now() < limit) {
        isRegistered = await discovery.register("10.0.0.2:2375").then(
          () => true,
          () => false,
        );
      }
      await watch.until(
        "the new member shows",
        () => watch.lists.at(-1)?.includes("10.0.0.2:2375") === true,
        60_000,
      );
    } finally {
      watch.stop();
      await discovery.close();
      await store.stop();
    }
  });
});
