import { describe, expect, test } from "vitest";
import { record, text } from "../support/fake-engine/objects.ts";
import { testCluster, until } from "../support/test-cluster.ts";

const three = [
  { name: "node1", labels: ["storage=ssd"] },
  { name: "node2", labels: ["storage=disk"] },
  { name: "node3", labels: ["storage=disk"] },
];

describe("creating containers", () => {
  test("expressions become labels, CPUs become shares, what is unknown is passed on", async () => {
    await using world = await testCluster(three);
    const node = await world.create("c1", {
      Env: ["A=b", "constraint:storage==ssd", "affinity:image==busybox"],
      Labels: { x: "y" },
      FutureField: { a: [1] },
      HostConfig: { CpuShares: 1, Memory: 1024 ** 3 },
    });
    expect(node).toBe("node1");
    const [made] = world.engine("node1").state.containers.values();
    expect(made?.config).toMatchObject({
      Env: ["A=b"],
      FutureField: { a: [1] },
      HostConfig: { CpuShares: 256 },
    });
    const labels = record(made?.config["Labels"]);
    expect(labels["com.docker.swarm.constraints"]).toBe('["storage==ssd"]');
    expect(labels["com.docker.swarm.affinities"]).toBe('["image==busybox"]');
    expect(labels["com.docker.swarm.id"]).toMatch(/^[0-9a-f]{64}$/);
    expect(world.cluster.container(text(labels["com.docker.swarm.id"]))?.names).toEqual(["/c1"]);
    expect(world.cluster.node("node1")).toMatchObject({ usedCpus: 1, usedMemoryBytes: 1024 ** 3 });
    expect(world.cluster.container("c1")?.inspect?.["FutureField"]).toBeUndefined();
  });

  test("no registry is asked, nothing is pulled that is there", async () => {
    await using world = await testCluster(three);
    await world.create("c1");
    const asked = world.engines.flatMap(({ requests }) => requests.map(({ url }) => url));
    expect(asked.filter((url) => /distribution|images\/create/.test(url))).toEqual([]);
  });

  test("spread over three nodes, thirty at once", async () => {
    await using world = await testCluster(three);
    await Promise.all(Array.from({ length: 30 }, (_, i) => world.create(`c${i}`)));
    expect(world.engines.map(({ state }) => state.containers.size)).toEqual([10, 10, 10]);
  });

  test("a name is given once, whatever is under way", async () => {
    await using world = await testCluster(three);
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => world.create("web")));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = results.find(({ status }) => status === "rejected");
    expect(refused).toMatchObject({
      reason: {
        status: 409,
        message:
          "Conflict: The name web is already assigned. You have to delete (or rename) that container to be able to assign web to a container again.",
      },
    });
    const web = await until("it is there", () => world.cluster.container("web"));
    await world.create("other");
    await expect(world.cluster.renameContainer(web, "other")).rejects.toMatchObject({ status: 409 });
    await world.cluster.renameContainer(web, "web2");
    expect(world.cluster.container("web2")?.id).toBe(web.id);
    await world.create("web");
  });

  test("a port is given once on each node, memory only as far as it goes, however many ask at once", async () => {
    await using world = await testCluster(
      three.map((one) => ({ ...one, memoryBytes: 1000 })),
      { overcommit: 0 },
    );
    const port = { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } } };
    const byPort = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => world.create(`p${i}`, port)));
    expect(byPort.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const memory = { HostConfig: { Memory: 400 }, Env: ["constraint:node==node1"] };
    world.engine("node1").fault = ({ url }) =>
      url.includes("/create")
        ? (response) => response.writeHead(201).end(`{"Id":"${"a".repeat(64)}"}`)
        : "pass";
    const byMemory = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) => world.create(`m${i}`, memory)),
    );
    const reasons = byMemory.map((one) => (one.status === "rejected" ? String(one.reason) : "made"));
    expect(reasons.filter((reason) => reason.includes("no resources available"))).toHaveLength(3);
  });

  test("a missing image is pulled with the client's credentials, then created", async () => {
    await using world = await testCluster([{ name: "node1", registry: ["redis:7"] }]);
    await world.create("r", { Image: "redis:7" }, { registryAuth: "secret" });
    const pull = world.engine("node1").requests.find(({ url }) => url.includes("/images/create"));
    expect(pull?.url).toContain("fromImage=redis&tag=7");
    expect(pull?.headers["x-registry-auth"]).toBe("secret");
  });

  test("an image that cannot be pulled is used where it is", async () => {
    await using world = await testCluster([
      { name: "node1" },
      { name: "node2" },
      { name: "node3", images: ["own:1"] },
    ]);
    world.engine("node3").state.addContainer({ Image: "own:1" }, "ballast");
    await world.cluster.refreshAll(await until("node3", () => world.cluster.node("node3")));
    expect(await world.create("a", { Image: "own:1" })).toBe("node3");
    expect(world.cluster.container("a")?.labels["com.docker.swarm.affinities"]).toBeUndefined();
    await expect(
      world.create("b", { Image: "own:1", Env: ["constraint:node==node1"] }),
    ).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining("pull access denied"),
    });
    await expect(world.create("c", { Image: "nosuch/image:1" })).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining("Error response from daemon: pull access denied for nosuch/image"),
    });
  });

  test("an image for another system asks for a node of that system, once", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    world.engine("node1").fault = ({ url }) =>
      url.includes("/containers/create")
        ? (response) =>
            response
              .writeHead(500)
              .end('{"message":"image operating system \\"windows\\" cannot be used on this platform"}')
        : "pass";
    await expect(world.create("w")).rejects.toMatchObject({
      message: expect.stringContaining("[ostype==windows]"),
    });
  });

  test("errors of the engine come as it said them", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    await expect(world.create("a", { HostConfig: { Memory: 1024 } })).rejects.toMatchObject({
      status: 400,
      message: "Error response from daemon: Minimum memory limit allowed is 6MB",
    });
    expect(world.cluster.node("node1")).toMatchObject({ usedMemoryBytes: 0 });
    await world.create("a");
  });

  test("plain retries go on to another try, but not after a create whose end is unknown", async () => {
    await using world = await testCluster(three, { createRetry: 2 });
    let failures = 2;
    for (const engine of world.engines)
      engine.fault = ({ url }) =>
        url.includes("/containers/create") && failures-- > 0
          ? (response) => response.writeHead(500).end('{"message":"try again"}')
          : "pass";
    await world.create("a");
    let posts = 0;
    for (const engine of world.engines)
      engine.fault = ({ url }) => {
        if (!url.includes("/containers/create")) return "pass";
        posts++;
        return "reset";
      };
    await expect(world.create("b")).rejects.toThrow(/Cannot connect/);
    expect(posts).toBe(1);
  });

  test("a client that leaves during a pull ends it and gives name and room back", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    world.engine("node1").fault = ({ url }) => (url.includes("/images/create") ? "hang" : "pass");
    const leaving = new AbortController();
    const create = world.create(
      "a",
      { Image: "slow", HostConfig: { Memory: 1e8 } },
      { signal: leaving.signal },
    );
    create.catch(() => undefined);
    await until("it pulls", () =>
      world.engine("node1").requests.some(({ url }) => url.includes("/images/create")),
    );
    leaving.abort();
    await expect(create).rejects.toThrow();
    expect(world.cluster.node("node1")?.usedMemoryBytes).toBe(0);
    world.engine("node1").fault = () => "pass";
    await world.create("a");
  });

  test("a manager that is not the primary creates nothing, even in the middle of a create", async () => {
    let isPrimary = true;
    await using world = await testCluster([{ name: "node1", registry: ["redis:7"] }], {
      isPrimary: () => isPrimary,
    });
    world.engine("node1").fault = ({ url }) => {
      if (url.includes("/images/create")) isPrimary = false;
      return "pass";
    };
    await expect(world.create("a", { Image: "redis:7" })).rejects.toMatchObject({ status: 503 });
    expect(world.engine("node1").state.containers.size).toBe(0);
  });

  test("a create at once after discovery waits for nodes that are still being read", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    const late = world.engine("node1");
    world.cluster.setEntries([]);
    for (let i = 0; i < 50; i++) late.state.addContainer({ Image: "busybox" }, `old${i}`);
    world.cluster.setEntries([late.addr]);
    await until("it is Healthy", () => world.cluster.node("node1")?.status === "Healthy");
    expect(await world.create("fresh")).toBe("node1");
  });

  test("a swarm id that another container has already is replaced", async () => {
    await using world = await testCluster(three);
    const labels = { "com.docker.swarm.id": "5".repeat(64) };
    await world.create("a", { Labels: labels });
    await world.create("b", { Labels: labels });
    expect(world.cluster.container("a")?.swarmId).toBe("5".repeat(64));
    expect(world.cluster.container("b")?.swarmId).not.toBe("5".repeat(64));
  });

  test.each([
    [{ HostConfig: 7 }, "HostConfig must be an object"],
    [{ Env: {} }, "Env must be a list of strings"],
    [{ Labels: [] }, "Labels must be an object of strings"],
  ])("%j is refused with 400", async (config, message) => {
    await using world = await testCluster([{ name: "node1" }]);
    await expect(world.create("a", config)).rejects.toMatchObject({ status: 400, message });
  });

  test("drained nodes take nothing new until they are activated, and keep that when they rejoin", async () => {
    await using world = await testCluster(three.slice(0, 2));
    const addrs = world.engines.map(({ addr }) => addr);
    await world.cluster.setAvailability(await until("node1", () => world.cluster.node("node1")), "drain");
    expect([await world.create("a"), await world.create("b")]).toEqual(["node2", "node2"]);
    await expect(world.create("c", { Env: ["constraint:node==node1"] })).rejects.toThrow(
      "node1 takes no new containers: drained",
    );
    world.cluster.setEntries(addrs.slice(1));
    world.cluster.setEntries(addrs);
    const node = await until("node1 is back", () => world.cluster.node("node1"));
    await until("it is Healthy", () => node.status === "Healthy");
    expect(node.availability).toBe("drain");
    await world.cluster.setAvailability(node, "active");
    expect(await world.create("c")).toBe("node1");
  });

  test("removal takes it out of the cache at once", async () => {
    await using world = await testCluster(three);
    await world.create("a");
    const container = await until("it is there", () => world.cluster.container("a"));
    await world.cluster.removeContainer(container, { force: true, volumes: true, apiVersion: "" });
    expect(world.cluster.container("a")).toBeUndefined();
    await world.create("a");
  });

  test("work that is no container gets a node by the same rules", async () => {
    await using world = await testCluster(three);
    expect(world.cluster.selectNode({ Env: ["constraint:storage==ssd"] }).name).toBe("node1");
    expect(() => world.cluster.selectNode({ Env: ["constraint:storage==tape"] })).toThrow("[storage==tape]");
  });

  test("execs are remembered with their container", async () => {
    await using world = await testCluster([{ name: "node1" }]);
    await world.create("a");
    const container = await until("it is there", () => world.cluster.container("a"));
    world.cluster.rememberExec("e1", container);
    expect(world.cluster.execContainer("e1")?.id).toBe(container.id);
    expect(world.cluster.execContainer("e2")).toBeUndefined();
  });
});
