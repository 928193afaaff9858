import { describe, expect, test } from "vitest";
import { ContainerIndex } from "../../../../src/swarm/cluster/container-index.ts";
import { clusterNode, hexId, putContainer } from "../../../support/cluster-node.ts";
import { placedContainer } from "../../../support/scheduler-node.ts";

describe("what a node has promised", () => {
  test("totals include the overcommit, whole numbers only", () => {
    const node = clusterNode("n1");
    expect([node.totalCpus, node.totalMemoryBytes]).toEqual([4, 1050]);
    node.setSpecs({
      id: node.id,
      name: "n1",
      cpus: 20,
      memoryBytes: 1000,
      labels: {},
      serverVersion: "",
      clockDeltaMs: 0,
      systemTime: "",
    });
    expect(node.totalCpus).toBe(21);
  });

  test("stopped containers hold memory, CPUs and ports; shares are read back as CPUs", () => {
    const node = clusterNode("n1");
    putContainer(node, {
      id: hexId("a"),
      name: "a",
      state: "exited",
      host: {
        CpuShares: 256,
        Memory: 100,
        PortBindings: { "80/tcp": [{ HostPort: "8080" }, { HostPort: "" }] },
      },
      ports: {
        "80/tcp": [
          { HostIp: "0.0.0.0", HostPort: "8080" },
          { HostIp: "0.0.0.0", HostPort: "32768" },
        ],
      },
    });
    expect([node.usedCpus, node.usedMemoryBytes]).toEqual([1, 100]);
    expect([...node.containersUsingPort("8080")]).toHaveLength(1);
    expect([...node.containersUsingPort("32768")]).toHaveLength(1);
    expect([...node.containersUsingPort("")]).toHaveLength(0);
    node.remove(hexId("a"));
    expect([node.usedCpus, node.usedMemoryBytes, [...node.containersUsingPort("8080")].length]).toEqual([
      0, 0, 0,
    ]);
  });

  test("a replaced container is counted once", () => {
    const node = clusterNode("n1");
    putContainer(node, { id: hexId("a"), name: "a", host: { Memory: 100 } });
    putContainer(node, { id: hexId("a"), name: "a", state: "paused", host: { Memory: 300 } });
    putContainer(node, { id: hexId("b"), name: "b", state: "exited" });
    expect(node.usedMemoryBytes).toBe(300);
    expect(node.containerCounts).toEqual({ all: 2, running: 0, paused: 1, stopped: 1 });
  });

  test("creates under way count like containers until they end, once", () => {
    const node = clusterNode("n1");
    const port = { port: "80", ip: "" };
    const release = node.reserve(
      placedContainer({ id: "", names: ["new"], cpus: 2, memoryBytes: 50, hostPorts: [port] }),
    );
    expect([node.usedCpus, node.usedMemoryBytes, node.containerCount]).toEqual([2, 50, 1]);
    expect([...node.containersUsingPort("80")]).toHaveLength(1);
    expect(node.hasContainer("new")).toBe(true);
    release();
    release();
    expect([node.usedCpus, node.usedMemoryBytes, node.containerCount]).toEqual([0, 0, 0]);
    expect(node.hasContainer("new")).toBe(false);
  });

  test("a container of another node is not on this one", () => {
    const index = new ContainerIndex();
    const one = clusterNode("n1", index);
    const two = clusterNode("n2", index);
    putContainer(one, { id: hexId("abc"), name: "db" });
    expect([one.hasContainer("db"), two.hasContainer("db"), one.hasContainer("n1/db")]).toEqual([
      true,
      false,
      true,
    ]);
    expect(one.hasContainer(hexId("abc").slice(0, 12))).toBe(true);
  });
});

describe("health", () => {
  test("the indicator falls with each failure and is 0 unless Healthy", () => {
    const node = clusterNode("n1");
    expect(node.healthIndicator).toBe(100);
    node.failures = 1;
    expect(node.healthIndicator).toBe(67);
    node.failures = 3;
    expect(node.healthIndicator).toBe(0);
    node.failures = 0;
    node.setStatus("Unhealthy");
    expect(node.healthIndicator).toBe(0);
  });

  test("a node that is out shows why and when it is asked next", () => {
    const node = clusterNode("n1");
    node.setStatus("Unhealthy");
    node.nextTries.set("refresh", Date.UTC(2026, 0, 2));
    node.nextTries.set("events", Date.UTC(2026, 0, 1));
    node.setError("no route", 0);
    expect(node.error).toBe("no route (next try 2026-01-01T00:00:00Z)");
    node.nextTries.clear();
    expect(node.error).toBe("no route");
  });
});

test("what was removed after a list began is known", () => {
  const node = clusterNode("n1");
  putContainer(node, { id: hexId("a"), name: "a" });
  const before = node.nextSight();
  node.remove(hexId("a"));
  expect(node.wasRemovedSince(hexId("a"), before)).toBe(true);
  expect(node.wasRemovedSince(hexId("a"), node.nextSight())).toBe(false);
});

test("summary and inspect come back as the engine sent them", () => {
  const node = clusterNode("n1");
  const entry = putContainer(node, {
    id: hexId("a"),
    name: "a",
    labels: { ü: "€" },
    config: { New: [1, { x: null }] },
  });
  expect(entry.summary["Status"]).toBe("Up 3 seconds");
  expect(entry.summary["Labels"]).toEqual({ ü: "€" });
  expect(entry.inspect?.["Config"]).toMatchObject({ New: [1, { x: null }], Labels: { ü: "€" } });
  expect(entry.isSameAs({ ...entry.summary, Status: "Up 5 minutes" })).toBe(true);
  expect(entry.isSameAs({ ...entry.summary, Status: "Up 5 minutes (unhealthy)" })).toBe(false);
  expect(entry.isSameAs({ ...entry.summary, State: "exited" })).toBe(false);
});
