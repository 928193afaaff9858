import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { storeCertificates } from "../support/store-certificates.ts";
import { type RunningStore, startEtcd, stopStoresAfterwards } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";
import { contractOptions, drainContract, lockContract, registeringContract, watching } from "./discovery.ts";

stopStoresAfterwards();
let plain: Promise<RunningStore> | undefined;
const plainStore = () => (plain ??= startEtcd());

const over = (scheme: string) => ({
  goneWithinMs: 4_000,
  async open(cluster: string, options?: Partial<DiscoveryOptions>) {
    const { endpoint } = await plainStore();
    return openDiscovery(`${scheme}://${endpoint}/${cluster}`, contractOptions(options));
  },
});

describe.each(["etcd", "etcd3"])("%s against etcd-server", (scheme) => {
  registeringContract(() => over(scheme));
  drainContract(() => over(scheme));
  lockContract(() => over(scheme), 10_000);

  it("goes on when the first address is dead", async () => {
    const { endpoint } = await plainStore();
    const discovery = await openDiscovery(`${scheme}://127.0.0.1:1,${endpoint}/second`, contractOptions());
    const watch = watching(discovery);
    try {
      await discovery.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
    } finally {
      watch.stop();
      await discovery.close();
    }
  });

  it("reports a store that is away and goes on when it is back, registrations too", async () => {
    const store = await startEtcd();
    const discovery = await openDiscovery(`${scheme}://${store.endpoint}/back`, contractOptions());
    const watch = watching(discovery);
    try {
      await discovery.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
      store.child.kill("SIGKILL");
      await watch.until("the watch tells", () => watch.errors.length > 0);
      await expect(discovery.register("10.0.0.1:2375")).rejects.toThrow(/etcd/);
      await store.restart();
      const limit = performance.now() + 30_000;
      let isRegistered = false;
      while (!isRegistered && performance.now() < limit) {
        isRegistered = await discovery.register("10.0.0.2:2375").then(
          () => true,
          () => false,
        );
      }
      await watch.until("the new member shows", () => watch.lists.at(-1)?.includes("10.0.0.2:2375") === true);
    } finally {
      watch.stop();
      await discovery.close();
      await store.stop();
    }
  });

  it("speaks TLS with a client certificate, and only so", async () => {
    await using home = await tempDir();
    const files = await storeCertificates(home.path);
    const store = await startEtcd(files);
    const read = (path: string) => readFile(path, "utf8");
    const tls = { ca: await read(files.ca), cert: await read(files.cert), key: await read(files.key) };
    const url = `${scheme}://${store.endpoint}/tls`;
    const discovery = await openDiscovery(url, contractOptions({ tls }));
    const bare = await openDiscovery(url, contractOptions());
    const watch = watching(discovery);
    try {
      await discovery.register("10.0.0.1:2375");
      await watch.list(["10.0.0.1:2375"]);
      await expect(bare.register("10.0.0.2:2375")).rejects.toThrow();
    } finally {
      watch.stop();
      await Promise.all([discovery.close(), bare.close()]);
      await store.stop();
    }
  });
});

it("lays out etcd's v2 keys as Swarm 1.2.9 does", async () => {
  const { endpoint } = await plainStore();
  const discovery = await openDiscovery(`etcd://${endpoint}/live`, contractOptions({ ttlMs: 900_000 }));
  const stop = new AbortController();
  try {
    await discovery.register("10.99.0.11:2375");
    await discovery.drained?.set("10.99.0.11:2375");
    const lock = await discovery.leadership?.acquire("10.99.0.1:4000", 6_000, stop.signal);
    const answer = await fetch(`http://${endpoint}/v2/keys/live?recursive=true`);
    const tree = JSON.stringify(await answer.json());
    expect(tree).toContain('"key":"/live/docker/swarm/nodes/10.99.0.11:2375","value":"10.99.0.11:2375"');
    expect(tree).toMatch(/"ttl":(900|8\d\d),/);
    expect(tree).toContain('"key":"/live/docker/swarm/drained/10.99.0.11:2375","value":"10.99.0.11:2375"');
    expect(tree).toContain('"key":"/live/docker/swarm/leader","value":"10.99.0.1:4000"');
    await lock?.release();
  } finally {
    await discovery.close();
  }
});

it("etcd: sees what a foreign agent writes, and loses the lock when somebody takes its key away", async () => {
  const { endpoint } = await plainStore();
  const discovery = await openDiscovery(`etcd://${endpoint}/foreign`, contractOptions());
  const watch = watching(discovery);
  const stop = new AbortController();
  try {
    await watch.list([]);
    const put = (key: string, body: string) =>
      fetch(`http://${endpoint}/v2/keys/foreign/docker/swarm/${key}`, {
        method: "PUT",
        body: new URLSearchParams(body),
      });
    await put("nodes/other-name", "value=10.0.0.9:2375&ttl=60");
    await watch.list(["10.0.0.9:2375"]); // the value counts, not the key
    const lock = await discovery.leadership?.acquire("me:1", 10_000, stop.signal);
    expect((await put("leader?prevExist=false", "value=other:1")).status).toBe(412);
    await put("leader", "value=other:1");
    await lock?.lost;
    expect(lock?.isHeld()).toBe(false);
  } finally {
    watch.stop();
    await discovery.close();
  }
});
