import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../../../src/kit/log.ts";
import { checkConfig, engineBody, resolveNetworks } from "../../../../src/swarm/cluster/engine-config.ts";
import { readSpecs } from "../../../../src/swarm/cluster/engine-specs.ts";
import { engineEvent, withNode } from "../../../../src/swarm/cluster/own-events.ts";
import { rescheduleConfig } from "../../../../src/swarm/cluster/reschedule.ts";
import { ImageIndex, NetworkIndex, VolumeIndex } from "../../../../src/swarm/cluster/resource-index.ts";
import { SwarmError } from "../../../../src/swarm/errors.ts";
import { isJson } from "../../../../src/swarm/scheduler/json.ts";
import { clusterNode, hexId, putContainer } from "../../../support/cluster-node.ts";

const info = {
  ID: "AB:CD",
  Name: "node1",
  NCPU: 2,
  MemTotal: 1000,
  OSType: "linux",
  Driver: "overlay2",
  KernelVersion: "",
};
const specsOf = (more: object, now = 0) =>
  readSpecs("h:1", { ...info, ...more }, { Version: "26" }, now, silentLog);

describe("what an engine says of itself", () => {
  test("its own labels join the standard ones and override none of them", () => {
    const specs = specsOf({ Labels: ["zone=a=b", "ostype=mine", "node=x"] });
    expect(specs).toMatchObject({
      id: "AB:CD|h:1",
      name: "node1",
      serverVersion: "26",
      labels: { zone: "a=b", ostype: "linux", storagedriver: "overlay2" },
    });
    expect(Object.keys(specs.labels)).not.toContain("node");
    expect(Object.keys(specs.labels)).not.toContain("kernelversion");
  });

  test.each([
    [{ NCPU: 0 }, "make sure h:1 is a Docker Engine, not a Swarm manager"],
    [{ MemTotal: "much" }, "cannot get resources for this engine"],
    [{ ServerVersion: "swarm/1.2.9" }, "not a Swarm manager"],
    [{ Labels: ["storage"] }, 'contains an invalid label (storage) not formatted as "key=value".'],
  ])("%j is refused", (more, message) => {
    expect(() => specsOf(more)).toThrow(message);
  });

  test("clocks less than 2 s apart are the same", () => {
    const SystemTime = "2026-01-01T00:00:00.5Z";
    const at = Date.UTC(2026, 0, 1);
    expect(specsOf({ SystemTime }, at + 2_000).clockDeltaMs).toBe(0);
    expect(specsOf({ SystemTime }, at + 60_500).clockDeltaMs).toBe(60_000);
    expect(specsOf({ SystemTime: 7 }, at).clockDeltaMs).toBe(0);
  });

  test("any answer is read or refused with a SwarmError", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(info), "Labels", "SystemTime"), fc.jsonValue()),
        (more) => {
          try {
            specsOf(more);
          } catch (error) {
            expect(error).toBeInstanceOf(SwarmError);
          }
        },
      ),
    );
  });
});

describe("bodies for engines", () => {
  test("a number of CPUs becomes a share of 1024, rounded up", () => {
    const shares = (cpus: number, engineCpus: number) =>
      engineBody({ HostConfig: { CpuShares: cpus } }, engineCpus)["HostConfig"];
    expect(shares(1, 2)).toEqual({ CpuShares: 512 });
    expect(shares(1, 3)).toEqual({ CpuShares: 342 });
    expect(engineBody({ Image: "x" }, 2)).toEqual({ Image: "x" });
  });

  test("a network of one node ties the container to it, softly, unless it is tied already", () => {
    const networks = new NetworkIndex();
    const node = clusterNode("node1");
    networks.set(node, [{ Id: "net1", Name: "front", Scope: "local" }]);
    const resolve = (config: object) =>
      resolveNetworks(
        { ...config },
        (name) => networks.find(name),
        (name) => name === "node1",
      );
    expect(resolve({ HostConfig: { NetworkMode: "node1/front" } })).toEqual({
      HostConfig: { NetworkMode: "front" },
      Labels: { "com.docker.swarm.constraints": '["node==~node1"]' },
    });
    const hard = { "com.docker.swarm.constraints": '["node==node2"]' };
    expect(resolve({ HostConfig: { NetworkMode: "front" }, Labels: hard })["Labels"]).toEqual(hard);
    expect(resolve({ HostConfig: { NetworkMode: "bridge" } })).toEqual({
      HostConfig: { NetworkMode: "bridge" },
    });
    expect(
      resolve({
        NetworkingConfig: { EndpointsConfig: { "node1/front": { Aliases: ["a"] }, "other/x": {} } },
      }),
    ).toEqual({ NetworkingConfig: { EndpointsConfig: { front: { Aliases: ["a"] }, "other/x": {} } } });
  });

  test("parts of a wrong type are refused with 400", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (part) => {
        for (const config of [
          { HostConfig: part },
          { HostConfig: { CpuShares: part, PortBindings: part } },
        ]) {
          try {
            if (isJson(config)) checkConfig(config);
          } catch (error) {
            expect(error).toMatchObject({ status: 400 });
          }
        }
      }),
    );
    expect(() => checkConfig({ HostConfig: { Memory: "1g" } })).toThrow("HostConfig.Memory must be a number");
  });

  test("a lost container is made again without what was its engine's", () => {
    const entry = putContainer(clusterNode("node1"), {
      id: hexId("abc"),
      name: "web",
      swarmId: hexId("5"),
      host: { CpuShares: 256, Memory: 7, NetworkMode: "front", ContainerIDFile: "/x" },
      config: { Env: ["A=b"], Cmd: ["x"] },
      networks: {
        front: {
          IPAddress: "10.0.0.9",
          Aliases: [hexId("abc").slice(0, 12), "www"],
          IPAMConfig: { IPv4Address: "10.0.0.9" },
        },
        back: { IPAddress: "10.0.1.9", Aliases: null },
      },
    });
    expect(rescheduleConfig(entry)).toEqual({
      config: {
        Image: "busybox",
        Env: ["A=b"],
        Cmd: ["x"],
        Labels: { "com.docker.swarm.id": hexId("5") },
        HostConfig: { CpuShares: 1, Memory: 7, NetworkMode: "front" },
        NetworkingConfig: {
          EndpointsConfig: { front: { Aliases: ["www"], IPAMConfig: { IPv4Address: "10.0.0.9" } } },
        },
      },
      laterNetworks: [{ name: "back", endpoint: {} }],
    });
  });
});

describe("images, networks and volumes by name", () => {
  const one = clusterNode("node1");
  const two = clusterNode("node2");

  test("images: id, prefix, tag, any tag, digest", () => {
    const images = new ImageIndex();
    const busybox = {
      Id: `sha256:${hexId("b05")}`,
      RepoTags: ["busybox:1", "reg:5000/b:2"],
      RepoDigests: ["busybox@sha256:d1"],
    };
    images.set(one, [busybox]);
    images.set(two, [
      busybox,
      { Id: `sha256:${hexId("fee")}`, RepoTags: null, RepoDigests: ["<none>@<none>"] },
    ]);
    const count = (reference: string) => images.find(reference).length;
    expect(
      ["busybox", "busybox:1", "docker.io/library/busybox", "reg:5000/b", "busybox@sha256:d1"].map(count),
    ).toEqual([2, 2, 2, 2, 2]);
    expect(
      [busybox.Id, hexId("b05"), "b05", "sha256:b05", "b0", "busybox:2", "reg", "fee"].map(count),
    ).toEqual([2, 2, 2, 2, 0, 0, 0, 1]);
    images.set(two, []);
    expect(["busybox", "fee"].map(count)).toEqual([1, 0]);
  });

  test("networks: one id must be meant", () => {
    const networks = new NetworkIndex();
    networks.set(one, [
      { Id: hexId("a1"), Name: "bridge" },
      { Id: hexId("c"), Name: "shared" },
    ]);
    networks.set(two, [
      { Id: hexId("a2"), Name: "bridge" },
      { Id: hexId("c"), Name: "shared" },
    ]);
    const id = (reference: string) => networks.find(reference)?.summary["Id"];
    expect([
      id("bridge"),
      id("node2/bridge"),
      id("ID-node1|node1:2375/bridge"),
      id("shared"),
      id("a"),
      id("a2"),
    ]).toEqual([undefined, hexId("a2"), hexId("a1"), hexId("c"), undefined, hexId("a2")]);
    expect([id("/shared"), id(hexId("c").slice(0, 12)), id("")]).toEqual([hexId("c"), hexId("c"), undefined]);
  });

  test("volumes: among several the first that is not local", () => {
    const volumes = new VolumeIndex();
    volumes.set(one, [
      { Name: "v", Driver: "local" },
      { Name: "nfs", Driver: "local" },
    ]);
    volumes.set(two, [
      { Name: "v", Driver: "local" },
      { Name: "nfs", Driver: "nfs" },
    ]);
    expect(volumes.find("v")).toBeUndefined();
    expect(volumes.find("node2/v")?.node.name).toBe("node2");
    expect(volumes.find("nfs")?.summary["Driver"]).toBe("nfs");
  });
});

test("events carry their node", () => {
  const node = clusterNode("node1");
  node.ip = "10.0.0.1";
  const where = { Name: "node1", Id: "ID-node1|node1:2375", Addr: "node1:2375", Ip: "10.0.0.1" };
  const attributes = {
    "node.addr": where.Addr,
    "node.id": where.Id,
    "node.ip": where.Ip,
    "node.name": where.Name,
  };
  expect(withNode({ Type: "network", Actor: { ID: "x", Attributes: { name: "bridge" } } }, node)).toEqual({
    Type: "network",
    from: " node:node1",
    Actor: { ID: "x", Attributes: { name: "bridge", ...attributes } },
    node: where,
  });
  expect(engineEvent("engine_connect", node, 1500)).toEqual({
    status: "engine_connect",
    from: "swarm node:node1",
    Type: "swarm",
    Action: "engine_connect",
    Actor: { ID: "", Attributes: attributes },
    time: 1,
    timeNano: 1_500_000_000,
    node: where,
  });
});
