import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/kit/log.ts";
import { openCluster } from "../../src/swarm/cluster/engine-pool.ts";
import { objectAt } from "../../src/swarm/scheduler/json.ts";
import { startFakeEngine } from "../support/fake-engine.ts";
import { fastClock, testCluster, until } from "../support/test-cluster.ts";

const three = [{ name: "node1" }, { name: "node2" }, { name: "node3" }];

describe("engines come and go", () => {
  test("containers, images, networks and volumes of new engines are known once they are Healthy", async () => {
    const engine = await startFakeEngine({ name: "node1", labels: ["zone=a"] });
    engine.state.addContainer(
      { Image: "busybox", HostConfig: { Memory: 64, CpuShares: 512 } },
      "old",
      "running",
    );
    engine.state.volumes.set("v1", { name: "v1", driver: "local", labels: {}, createdAt: new Date() });
    const cluster = openCluster({ clock: fastClock(20), log: silentLog });
    cluster.setEntries([engine.addr, engine.addr, ""]);
    const node = await until("it is Healthy", () =>
      cluster.nodes().find(({ status }) => status === "Healthy"),
    );
    expect(cluster.nodes()).toHaveLength(1);
    expect(node).toMatchObject({
      name: "node1",
      cpus: 4,
      totalCpus: 4,
      error: "",
      labels: { zone: "a", ostype: "linux" },
    });
    expect(cluster.container("node1/old")?.state).toBe("running");
    await until("it is inspected", () => cluster.container("old")?.inspect);
    expect([node.usedCpus, node.usedMemoryBytes]).toEqual([2, 64]);
    expect(cluster.findImages("busybox")).toHaveLength(1);
    expect(cluster.network("bridge")?.summary["Driver"]).toBe("bridge");
    expect(cluster.volume("v1")?.node.name).toBe("node1");
    expect(cluster.node(engine.addr)).toBe(node);
    expect(cluster.node("node1")).toBe(node);
    await cluster.close();
    await engine.stop();
  });

  test("an engine whose minimum API is 1.44 works, and one that says nothing of minimums", async () => {
    await using world = await testCluster([
      { name: "new", apiVersion: "1.52", minApiVersion: "1.44" },
      { name: "old", apiVersion: "1.24", minApiVersion: "" },
    ]);
    expect(new Set([await world.create("a"), await world.create("b")])).toEqual(new Set(["new", "old"]));
  });

  test("an engine that stays out shows why and when it is tried next, and comes in once it can", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    const bad = await startFakeEngine({ name: "bad", labels: ["storage"] });
    world.cluster.setEntries([world.engine("node1").addr, bad.addr]);
    const node = await until("it is refused", () => world.cluster.nodes().find(({ error }) => error !== ""));
    expect(node.status).toBe("Pending");
    expect(node.error).toMatch(/contains an invalid label \(storage\).* \(next try \d{4}-\d\d-\d\dT/);
    bad.state.specs.labels = ["storage=ssd"];
    await until("it is in", () => node.status === "Healthy");
    expect(node.error).toBe("");
    await bad.stop();
  });

  test.each([
    ["hangs", "hang" as const, /gave no answer within/],
    ["resets", "reset" as const, /Cannot connect to the Docker daemon/],
  ])("an engine that %s stays Pending and says so", async (_what, fault, expected) => {
    const engine = await startFakeEngine();
    engine.fault = () => fault;
    const cluster = openCluster({ clock: fastClock(20), log: silentLog, requestTimeoutMs: 100 });
    cluster.setEntries([engine.addr]);
    const node = await until("it failed", () => cluster.nodes().find(({ error }) => error !== ""));
    expect([node.status, node.name, node.id]).toEqual(["Pending", "(unknown)", ""]);
    expect(node.error).toMatch(expected);
    await cluster.close();
    await engine.stop();
  });

  test("answers that are no JSON, or JSON of another kind, are skipped and the rest stays", async () => {
    await using world = await testCluster(three);
    const engine = world.engine("node2");
    engine.state.addContainer({ Image: "busybox" }, "good");
    for (const body of ["<html>", "7", "null", '[{"Id":7},"x",null]', '{"a":'])
      await withBody(engine, /containers\/json/, body, async () => {
        const node = world.cluster.node("node2");
        if (node) await world.cluster.refreshAll(node).catch(() => undefined);
      });
    await world.cluster.refreshAll(await until("node2", () => world.cluster.node("node2")));
    expect(world.cluster.container("good")?.node.name).toBe("node2");
    await withBody(engine, /containers\/.*\/json$/, "[]", async () => {
      await expect(
        world.create("x", { Labels: { a: "b" }, HostConfig: {}, Env: ["constraint:node==node2"] }),
      ).rejects.toThrow("refresh didn't report it back");
    });
    expect(world.cluster.nodes().every(({ status }) => status === "Healthy")).toBe(true);
  });

  test("an engine that dies is Unhealthy with its reason, and Healthy again when it is back", async () => {
    await using world = await testCluster(three);
    const engine = world.engine("node1");
    const node = await until("node1", () => world.cluster.node("node1"));
    await engine.stop();
    await until("it is Unhealthy", () => node.status === "Unhealthy");
    expect(node.error).toMatch(/Cannot connect to the Docker daemon at tcp:.*\(next try /);
    engine.state.addContainer({ Image: "busybox" }, "meanwhile");
    await engine.start();
    await until("it is Healthy", () => node.status === "Healthy");
    expect(world.cluster.container("meanwhile")?.node).toBe(node);
    expect(node.error).toBe("");
    const turns = world.events.filter((event) => event["Type"] === "swarm").map((event) => event["Action"]);
    expect(turns.slice(3)).toEqual(["engine_disconnect", "engine_reconnect"]);
  });

  test("an engine that hangs is found out though its connections stay open", async () => {
    await using world = await testCluster(three, { requestTimeoutMs: 200 });
    const node = await until("node1", () => world.cluster.node("node1"));
    world.engine("node1").fault = () => "hang";
    await until("it is Unhealthy", () => node.status === "Unhealthy");
    world.engine("node1").fault = () => "pass";
    await until("it is Healthy", () => node.status === "Healthy");
  });

  test("one cut link that breaks many calls is one failure", async () => {
    await using world = await testCluster(three, { clock: fastClock(1) });
    const engine = world.engine("node1");
    const node = await until("node1", () => world.cluster.node("node1"));
    engine.fault = ({ url }) => (url.includes("/top") ? "hang" : "pass");
    const calls = Array.from({ length: 20 }, () =>
      node.client.read({ method: "GET", path: "/containers/x/top" }),
    );
    const results = Promise.allSettled(calls);
    await until("all hang", () => engine.requests.filter(({ url }) => url.includes("/top")).length === 20);
    engine.cut();
    await results;
    expect(node.status).toBe("Healthy");
  });

  test("an engine made anew at an address takes the place of the old one at once", async () => {
    await using world = await testCluster(three);
    const engine = world.engine("node1");
    await world.create("old", { Env: ["constraint:node==node1"] });
    const node = await until("node1", () => world.cluster.node("node1"));
    await engine.stop();
    await until("it is Unhealthy", () => node.status === "Unhealthy");
    engine.state.specs.id = "NEW:ID";
    engine.state.containers.clear();
    engine.state.addContainer({ Image: "busybox" }, "new");
    await engine.start();
    const again = await until("the new one is Healthy", () =>
      world.cluster.nodes().find(({ id, status }) => id === `NEW:ID|${engine.addr}` && status === "Healthy"),
    );
    expect(again.error).toBe("");
    expect(world.cluster.nodes()).toHaveLength(3);
    expect(world.cluster.container("old")).toBeUndefined();
    await until("its containers are known", () => world.cluster.container("new")?.node === again);
    await until(
      "its coming was told",
      () => world.events.filter((event) => event["Action"] === "engine_connect").length === 4,
    );
    const ofIds = world.events
      .filter((event) => event["Type"] === "swarm")
      .map((event) => [event["Action"], objectAt(event, "node")["Id"]]);
    expect(ofIds.slice(-2)).toEqual([
      ["engine_disconnect", node.id],
      ["engine_connect", again.id],
    ]);
    expect(await world.create("here", { Env: ["constraint:node==node1"] })).toBe("node1");
  });

  test("an address that leads to an engine which is in already stays out until it leaves discovery", async () => {
    await using world = await testCluster(three);
    const engine = world.engine("node1");
    const node = await until("node1", () => world.cluster.node("node1"));
    const addrs = world.engines.map(({ addr }) => addr);
    await engine.stop();
    await until("it is Unhealthy", () => node.status === "Unhealthy");
    const { id } = world.engine("node2").state.specs;
    engine.state.specs.id = id;
    await engine.start();
    await until("it is refused", () => node.status === "Pending");
    expect(node.error).toContain(
      `shows up with another ID:${id}|${engine.addr}. Please remove it from cluster`,
    );
    world.cluster.setEntries(addrs.slice(1));
    expect(world.cluster.nodes()).toHaveLength(2);
    world.cluster.setEntries(addrs);
    await until("it is Healthy", () => world.cluster.node(engine.addr)?.status === "Healthy");
  });

  test("an engine of another version after a restart is spoken to in that version", async () => {
    await using world = await testCluster([{ name: "node1", apiVersion: "1.41", minApiVersion: "1.12" }]);
    const engine = world.engine("node1");
    await engine.stop();
    Object.assign(engine.state.specs, { apiVersion: "1.51", minApiVersion: "1.44", version: "29.0.0" });
    await engine.start();
    const node = await until("node1", () => world.cluster.node("node1"));
    await until(
      "it is negotiated anew",
      () => node.client.apiVersion === "1.51" && node.serverVersion === "29.0.0",
    );
    await until("it is Healthy", () => node.status === "Healthy");
    expect(await world.create("a")).toBe("node1");
  });

  test("what leaves discovery is gone from every look-up", async () => {
    await using world = await testCluster(three);
    await world.create("a", { Env: ["constraint:node==node1"] });
    world.cluster.setEntries(world.engines.slice(1).map(({ addr }) => addr));
    expect(world.cluster.container("a")).toBeUndefined();
    expect([...world.cluster.images()]).toHaveLength(2);
    expect(world.cluster.node("node1")).toBeUndefined();
    expect(world.events.at(-1)?.["Action"]).toBe("engine_disconnect");
  });

  test("two engines of one id on two addresses are both in", async () => {
    await using world = await testCluster([
      { name: "a", id: "SAME" },
      { name: "b", id: "SAME" },
    ]);
    expect(new Set(world.cluster.nodes().map(({ id }) => id)).size).toBe(2);
  });
});

describe("changes reach the cache", () => {
  test("by events: start, rename, removal, images, networks, volumes", async () => {
    await using world = await testCluster(three);
    const { state } = world.engine("node2");
    const container = state.addContainer({ Image: "busybox" }, "direct");
    state.containerEvent(container, "create");
    await until("it is created", () => world.cluster.container("direct")?.state === "created");
    state.start(container);
    await until("it runs", () => world.cluster.container("direct")?.state === "running");
    container.name = "renamed";
    state.containerEvent(container, "rename");
    await until("it is renamed", () => world.cluster.container("renamed"));
    expect(world.cluster.container("direct")).toBeUndefined();
    state.remove(container);
    await until("it is gone", () => world.cluster.container("renamed") === undefined);
    state.addImage("redis:7");
    state.emit({ Type: "image", Action: "pull", Actor: { ID: "redis:7" } });
    state.addNetwork("tnet", "bridge", {});
    state.emit({ Type: "network", Action: "create", Actor: { ID: "x" } });
    await until("the image is known", () => world.cluster.findImages("redis").length === 1);
    await until("the network is known", () => world.cluster.network("node2/tnet"));
    const started = world.events.find((event) => event["Action"] === "start");
    expect(started).toMatchObject({ from: "busybox node:node2", node: { Name: "node2" } });
  });

  test("what happened while the stream was down is caught up with, each event once", async () => {
    await using world = await testCluster(three);
    const engine = world.engine("node1");
    engine.state.start(engine.state.addContainer({ Image: "busybox" }, "before"));
    await until("it is seen", () => world.cluster.container("before"));
    engine.fault = ({ url }) => (url.includes("/events") ? "reset" : "pass");
    engine.cut();
    engine.state.start(engine.state.addContainer({ Image: "busybox" }, "during"));
    engine.fault = () => "pass";
    await until("the gap is filled", () => starts("during") > 0);
    await until("it is known", () => world.cluster.container("during")?.state === "running");
    engine.state.start(engine.state.addContainer({ Image: "busybox" }, "after"));
    await until("the new one is seen", () => starts("after") > 0);
    expect([starts("before"), starts("during"), starts("after")]).toEqual([1, 1, 1]);

    function starts(name: string): number {
      return world.events.filter((event) => {
        const text = JSON.stringify(event);
        return event["Action"] === "start" && text.includes(`"name":"${name}"`);
      }).length;
    }
  });

  test("a burst of events makes few calls", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    const engine = world.engine("node1");
    const container = engine.state.addContainer({ Image: "busybox" }, "noisy", "running");
    const before = engine.requests.length;
    for (let i = 0; i < 200; i++) engine.state.containerEvent(container, i % 2 ? "pause" : "unpause");
    await until(
      "all are handed on",
      () => world.events.filter(({ Type }) => Type === "container").length === 200,
    );
    expect(engine.requests.length - before).toBeLessThan(100);
  });

  test("without events by refreshes: additions, removals and changes", async () => {
    await using world = await testCluster(three, {
      refreshMinIntervalMs: 1_000,
      refreshMaxIntervalMs: 2_000,
    });
    const { state } = world.engine("node3");
    const container = state.addContainer({ Image: "busybox" }, "silent");
    await until("it is seen", () => world.cluster.container("silent")?.state === "created");
    container.state = "running";
    container.startedAt = state.now();
    await until("it runs", () => world.cluster.container("silent")?.state === "running");
    state.containers.delete(container.id);
    await until("it is gone", () => world.cluster.container("silent") === undefined);
  });

  test("at rest an engine is asked little", async () => {
    await using world = await testCluster([{ name: "node1" }], { clock: fastClock(1) });
    const { requests } = world.engine("node1");
    const asked = () => requests.filter(({ url }) => !url.includes("/events")).length;
    const count = asked();
    await world.cluster.refreshAll(await until("node1", () => world.cluster.node("node1")));
    expect(asked() - count).toBe(4);
  });
});

type Engine = Awaited<ReturnType<typeof startFakeEngine>>;

/** Answers requests whose path fits with the body, while `job` runs. */
async function withBody(engine: Engine, path: RegExp, body: string, job: () => Promise<void>): Promise<void> {
  engine.fault = ({ method, url }) =>
    method === "GET" && path.test(url)
      ? (response) => response.writeHead(200, { "Content-Type": "application/json" }).end(body)
      : "pass";
  await job();
  engine.fault = () => "pass";
}
