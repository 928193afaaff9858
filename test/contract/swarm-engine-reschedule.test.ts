import { describe, expect, test } from "vitest";
import type { Json } from "../../src/swarm/scheduler/model.ts";
import { startTcpRelay } from "../support/tcp-relay.ts";
import { type TestCluster, testCluster, until } from "../support/test-cluster.ts";

const two = [{ name: "node1" }, { name: "node2" }];
const onFailure: Json = { Env: ["reschedule:on-node-failure", "constraint:node==~node1"] };

async function startThrough(world: TestCluster, name: string): Promise<void> {
  const container = await until(`${name} is there`, () => world.cluster.container(name));
  await container.node.client.read({ method: "POST", path: `/containers/${container.id}/start` });
  await world.cluster.refreshContainer(container);
}

const nodeOf = (world: TestCluster, name: string) => world.cluster.container(name)?.node.name;

describe("rescheduling", () => {
  test("a running container moves to another node and runs there; others stay", async () => {
    await using world = await testCluster(two);
    await world.create("moves", {
      ...onFailure,
      HostConfig: { CpuShares: 1, Memory: 1e8 },
      Labels: { a: "b" },
    });
    await world.create("stays", { Env: ["constraint:node==~node1"] });
    await startThrough(world, "moves");
    const before = await until("it is there", () => world.cluster.container("moves"));
    await world.engine("node1").stop();
    await until("it runs on node2", () => nodeOf(world, "moves") === "node2" && isRunning(world, "moves"));
    const after = await until("it is there", () => world.cluster.container("moves"));
    expect(after.swarmId).toBe(before.swarmId);
    expect(after.id).not.toBe(before.id);
    expect(after.labels).toEqual(before.labels);
    expect(world.cluster.node("node2")).toMatchObject({ usedCpus: 1, usedMemoryBytes: 1e8 });
    expect(nodeOf(world, "stays")).toBe("node1");
  });

  test("a stopped one moves and stays stopped; one that its engine stopped on its way down runs", async () => {
    await using world = await testCluster(two);
    const engine = world.engine("node1");
    for (const name of ["stopped", "shutdown"]) {
      await world.create(name, onFailure);
      await startThrough(world, name);
    }
    const byUser = await until("it is there", () => world.cluster.container("stopped"));
    await byUser.node.client.read({ method: "POST", path: `/containers/${byUser.id}/stop` });
    await world.cluster.refreshContainer(byUser);
    const own = engine.state.findContainer("shutdown");
    if (own) engine.state.stop(own, 137, "15");
    await until("it is seen to stop", () => world.cluster.container("shutdown")?.state === "exited");
    await until(
      "its end is handed on",
      () => world.events.filter((event) => event["Action"] === "die").length === 2,
    );
    await engine.stop();
    await until(
      "both moved",
      () => nodeOf(world, "stopped") === "node2" && nodeOf(world, "shutdown") === "node2",
    );
    await until("the shut down one runs", () => isRunning(world, "shutdown"));
    expect(world.cluster.container("stopped")?.state).toBe("created");
  });

  test("when the engine is back the old copies go, their volumes stay", async () => {
    await using world = await testCluster(two);
    const engine = world.engine("node1");
    await world.create("web", onFailure);
    await startThrough(world, "web");
    await engine.stop();
    await until("it moved", () => nodeOf(world, "web") === "node2");
    await engine.start();
    await until("the old copy is gone", () => engine.state.containers.size === 0);
    const removal = engine.requests.find(({ method }) => method === "DELETE");
    expect(removal?.url).toMatch(/\?force=1$/);
    await until("node1 is Healthy", () => world.cluster.node("node1")?.status === "Healthy");
    const places = () => [...world.cluster.containers()].map(({ node }) => node.name).join();
    await until("only the new copy is listed", () => places() === "node2");
  });

  test("an engine that leaves discovery loses its containers to others too", async () => {
    await using world = await testCluster(two);
    await world.create("web", onFailure);
    world.cluster.setEntries([world.engine("node2").addr]);
    await until("it moved", () => nodeOf(world, "web") === "node2");
  });

  test("what found no place is tried again", async () => {
    await using world = await testCluster(two);
    const needs = { PortBindings: { "80/tcp": [{ HostPort: "80" }] } };
    await world.create("web", { ...onFailure, HostConfig: needs });
    await world.create("blocker", { Env: ["constraint:node==node2"], HostConfig: needs });
    await world.engine("node1").stop();
    await until("node1 is Unhealthy", () => world.cluster.node("node1")?.status === "Unhealthy");
    const blocker = await until("it is there", () => world.cluster.container("blocker"));
    expect(nodeOf(world, "web")).toBe("node1");
    await world.cluster.removeContainer(blocker, { force: true, volumes: false, apiVersion: "" });
    await until("it moved", () => nodeOf(world, "web") === "node2");
  });

  test("only the primary reschedules; who becomes primary makes up for it", async () => {
    let isPrimary = true;
    await using world = await testCluster(two, { isPrimary: () => isPrimary });
    await world.create("web", onFailure);
    isPrimary = false;
    await world.engine("node1").stop();
    await until("node1 is Unhealthy", () => world.cluster.node("node1")?.status === "Unhealthy");
    expect(world.engine("node2").state.containers.size).toBe(0);
    isPrimary = true;
    await until("it moved", () => nodeOf(world, "web") === "node2");
    expect(world.engine("node2").state.containers.size).toBe(1);
  });

  test("what was on an engine that was made anew at its address is made anew too", async () => {
    await using world = await testCluster(two);
    const engine = world.engine("node1");
    await world.create("web", onFailure);
    await startThrough(world, "web");
    const before = await until("it is there", () => world.cluster.container("web"));
    await until("its start was told", () => world.events.some((event) => event["Action"] === "start"));
    engine.state.specs.id = "NEW:ID";
    engine.state.containers.clear();
    engine.cut();
    const after = await until("it runs again", () => {
      const now = world.cluster.container("web");
      return now !== undefined && now.id !== before.id && now.state === "running" && now;
    });
    expect(after.swarmId).toBe(before.swarmId);
    expect([...world.cluster.containers()]).toHaveLength(1);
  });

  test("an engine that only got a new ID keeps its containers", async () => {
    await using world = await testCluster(two);
    const engine = world.engine("node1");
    await world.create("web", onFailure);
    await startThrough(world, "web");
    const before = await until("it is there", () => world.cluster.container("web"));
    engine.state.specs.id = "NEW:ID";
    engine.cut();
    const node = await until("it is in again", () =>
      world.cluster.nodes().find(({ id, status }) => id.startsWith("NEW:ID|") && status === "Healthy"),
    );
    await until("it is known what it has", () => world.cluster.container("web")?.node === node);
    await until(
      "its coming was told",
      () => world.events.filter((event) => event["Action"] === "engine_connect").length === 3,
    );
    await world.create("later");
    expect(world.cluster.container("web")?.id).toBe(before.id);
    expect(world.engine("node2").requests.filter(({ url }) => url.includes("create?name=web"))).toEqual([]);
    expect(engine.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
  });

  test("of an engine with two addresses that loses one nothing is removed or made twice", async () => {
    await using world = await testCluster(two);
    const [engine, other] = [world.engine("node1"), world.engine("node2")];
    const relay = await startTcpRelay(engine.addr);
    world.cluster.setEntries([engine.addr, other.addr, relay.addr]);
    const byRelay = await until("it is in twice", () => world.cluster.node(relay.addr));
    await until("it is Healthy", () => byRelay.status === "Healthy");
    await world.create("web", { Env: ["reschedule:on-node-failure", "constraint:node==node1"] });
    const seen = () => [...world.cluster.containers()].map(({ node }) => node.addr);
    await until("it is seen through both", () => seen().length === 2);
    await relay.close();
    await until("one address is lost", () => byRelay.status === "Unhealthy");
    await until("it is seen through the other alone", () => seen().length === 1);
    expect(seen()).toEqual([engine.addr]);
    expect(engine.state.containers.size).toBe(1);
    expect(other.requests.filter(({ url }) => url.includes("/containers/create"))).toEqual([]);
  });

  test("clones of a container without the policy are left alone", async () => {
    await using world = await testCluster(two);
    await world.create("web", { Env: ["constraint:node==node1"] });
    const [config] = [...world.engine("node1").state.containers.values()].map((one) => one.config);
    const clone = world.engine("node2").state.addContainer(config ?? {}, "clone");
    world.engine("node2").state.containerEvent(clone, "create");
    await until("the clone is seen", () => world.cluster.container("clone"));
    await world.engine("node1").stop();
    await until("node1 is Unhealthy", () => world.cluster.node("node1")?.status === "Unhealthy");
    await world.engine("node1").start();
    await until("node1 is Healthy", () => world.cluster.node("node1")?.status === "Healthy");
    expect(world.engines.map(({ state }) => state.containers.size)).toEqual([1, 1]);
  });
});

function isRunning(world: TestCluster, name: string): boolean {
  return world.cluster.container(name)?.state === "running";
}
