import { describe, expect, test } from "vitest";
import { SwarmError } from "../../../../src/swarm/errors.ts";
import { defaultFilterNames } from "../../../../src/swarm/scheduler/filters.ts";
import type { PlacementRequest } from "../../../../src/swarm/scheduler/request.ts";
import { schedule } from "../../../../src/swarm/scheduler/scheduler.ts";
import type { StrategyName } from "../../../../src/swarm/scheduler/strategies.ts";
import { placedContainer, placementRequest, TestNode } from "../../../support/scheduler-node.ts";

const names = (nodes: readonly TestNode[]) => nodes.map(({ name }) => name);

function ranked(
  request: Partial<PlacementRequest>,
  nodes: readonly TestNode[],
  strategy: StrategyName = "spread",
): readonly string[] {
  const options = { filters: defaultFilterNames, strategy, random: () => 0 };
  return names(schedule(placementRequest(request), nodes, options));
}

function refusal(request: Partial<PlacementRequest>, nodes: readonly TestNode[]): string {
  try {
    return `placed on ${ranked(request, nodes)[0]}`;
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    expect(error.status).toBe(500);
    return error.message;
  }
}

const unable = "Unable to find a node that satisfies the following conditions ";

describe("strategies", () => {
  const busy = new TestNode("busy");
  busy.placed.push(placedContainer({ cpus: 2, memoryBytes: 500 }), placedContainer());
  const idle = new TestNode("idle");

  test("spread takes the emptiest, binpack the fullest that has room", () => {
    expect(ranked({ memoryBytes: 100 }, [busy, idle])).toEqual(["idle", "busy"]);
    expect(ranked({ memoryBytes: 100 }, [idle, busy], "binpack")).toEqual(["busy", "idle"]);
    expect(ranked({ memoryBytes: 600 }, [idle, busy], "binpack")).toEqual(["idle"]);
  });

  test("without resources only the number of containers counts", () => {
    expect(ranked({}, [busy, idle])).toEqual(["idle", "busy"]);
  });

  test("a failing node is avoided before it is unhealthy", () => {
    const failing = new TestNode("failing", { healthIndicator: 67 });
    expect(ranked({ cpus: 1 }, [failing, busy])).toEqual(["busy", "failing"]);
  });

  test("random looks at no resources", () => {
    expect(ranked({ memoryBytes: 1e9 }, [busy, idle], "random")).toHaveLength(2);
  });

  test("no room names what each node has", () => {
    expect(refusal({ memoryBytes: 5000 }, [idle])).toBe(
      "no resources available to schedule container\nidle has no room: 5000 bytes of memory asked, 0 of 1000 are reserved",
    );
    expect(refusal({ cpus: 5 }, [idle])).toContain("idle has no room: 5 CPUs asked, 0 of 4 are reserved");
  });
});

describe("filters", () => {
  test("health has a text of its own, drained nodes say so", () => {
    const sick = new TestNode("sick", { healthIndicator: 0 });
    const drained = new TestNode("drained", { isActive: false });
    expect(refusal({}, [sick, drained])).toBe(
      "No healthy node available in the cluster\ndrained takes no new containers: drained\nsick refused by the health filter: not healthy",
    );
    expect(refusal({}, [])).toBe("No nodes available in the cluster");
    expect(ranked({}, [drained, new TestNode("active")])).toEqual(["active"]);
  });

  test.each([
    ["same port, all interfaces", "8080", "", true],
    ["same port, other interface", "8080", "10.0.0.2", false],
    ["same port and interface", "8080", "10.0.0.1", true],
    ["other port", "8081", "", false],
    ["an empty port asks for nothing", "", "", false],
  ])("port: %s", (_what, port, ip, isTaken) => {
    const node = new TestNode("n1");
    node.placed.push(placedContainer({ hostPorts: [{ port: "8080", ip: "10.0.0.1" }] }));
    const text = refusal({ hostPorts: [{ port, ip }] }, [node]);
    if (isTaken)
      expect(text).toBe(
        `${unable}\n[port ${port} (Bridge mode)]\nn1 refused by the port filter: port ${port} is taken by c1`,
      );
    else expect(text).toBe("placed on n1");
  });

  test("port in host mode compares exposed ports of host mode containers", () => {
    const node = new TestNode("n1");
    node.placed.push(placedContainer({ networkMode: "host", exposedPorts: ["80/tcp"] }));
    const request = { networkMode: "host", exposedPorts: ["80/tcp"] };
    expect(refusal(request, [node])).toMatch(/\n\[port 80\/tcp \(Host mode\)\]\n/);
    expect(refusal({ ...request, exposedPorts: ["80/udp"] }, [node])).toBe("placed on n1");
    expect(refusal({ ...request, networkMode: "bridge" }, [node])).toBe("placed on n1");
  });

  test("container slots count every container; a label that is no number means nothing", () => {
    const full = new TestNode("full", { labels: { containerslots: "1" } });
    full.placed.push(placedContainer());
    const odd = new TestNode("odd", { labels: { containerslots: "many" } });
    expect(ranked({}, [full, odd])).toEqual(["odd"]);
    expect(refusal({}, [full])).toBe(
      `${unable}\n[available container slots]\nfull refused by the containerslots filter: all 1 container slots are taken`,
    );
  });

  test("dependencies must all be on the node", () => {
    const node = new TestNode("n1");
    node.placed.push(placedContainer({ names: ["db"] }));
    const other = new TestNode("n2");
    const db = { flag: "--link=db:alias", container: "db" };
    expect(ranked({ dependencies: [db] }, [node, other])).toEqual(["n1"]);
    expect(refusal({ dependencies: [db, { flag: "--volumes-from=data", container: "data" }] }, [node])).toBe(
      `${unable}\n[available container slots]\n[--link=db:alias --volumes-from=data]\nn1 refused by the dependency filter: data is not here`,
    );
  });

  test("affinities see containers, images and labels", () => {
    const node = new TestNode("n1");
    node.placed.push(placedContainer({ id: "abc123", names: ["front1"], labels: { tier: "web" } }));
    node.placedImages.push({ id: "sha256:aa", repoTags: ["localhost:5000/redis:7"], repoDigests: [] });
    const other = new TestNode("n2");
    const on = (expression: string) => ranked({ affinities: [expression] }, [node, other]);
    expect(on("container==front1")).toEqual(["n1"]);
    expect(on("container==abc123")).toEqual(["n1"]);
    expect(on("container!=front*")).toEqual(["n2"]);
    expect(on("container!=front1")).toEqual(["n2"]);
    expect(on("image==localhost:5000/redis")).toEqual(["n1"]);
    expect(on("image==localhost:5000/redis:7")).toEqual(["n1"]);
    expect(on("tier==w*")).toEqual(["n1"]);
    expect(on("tier!=web")).toEqual(["n2"]);
    expect(on("image==~nosuch")).toEqual(["n2", "n1"]);
  });

  test("constraints see name, id and labels; keys of Object.prototype are no labels", () => {
    const a = new TestNode("node1", { labels: { zone: "a" } });
    const b = new TestNode("node2", { labels: { zone: "b", ostype: "linux" } });
    const on = (...constraints: string[]) => ranked({ constraints }, [a, b]);
    expect(on("node==node1")).toEqual(["node1"]);
    expect(on("node==ID-node2|node2:2375".replace("|", "\\|"))).toEqual(["node2"]);
    expect(on("node==/node[23]/", "zone!=a")).toEqual(["node2"]);
    expect(on("ostype==linux")).toEqual(["node2"]);
    expect(() => on("constructor==x")).toThrow(/no such engine label/);
  });

  test("whitelist takes exact names only", () => {
    const nodes = ["node1", "node2", "node3"].map((name) => new TestNode(name));
    expect(ranked({ whitelists: ["node==node2|node3"] }, nodes)).toEqual(["node2", "node3"]);
    expect(() => ranked({ whitelists: ["node==node*"] }, nodes)).toThrow(/\[node==node\* \(soft=false\)\]/);
  });

  test("the text lists each filter up to the failing one, then which filter refused which node", () => {
    const a = new TestNode("node1", { labels: { zone: "a", storage: "disk" } });
    a.placed.push(placedContainer());
    const b = new TestNode("node2", { labels: { zone: "b", storage: "ssd" } });
    const request = { affinities: ["container==c1"], constraints: ["zone==b", "storage==disk"] };
    expect(refusal(request, [a, b])).toBe(
      [
        unable,
        "[available container slots]",
        "[container==c1 (soft=false)]",
        "[zone==b storage==disk]",
        "node2 refused by the affinity filter: container==c1 does not hold",
        'node1 refused by the constraint filter: zone==b does not hold, the label is "a"',
      ].join("\n"),
    );
  });

  test("a malformed expression ends the list", () => {
    expect(refusal({ constraints: ["st orage==tape"] }, [new TestNode("n1")])).toBe(
      `${unable}\n[available container slots]\nerror from constraint filter: Key 'st orage' is invalid`,
    );
    expect(refusal({ affinities: ["foo=bar"] }, [new TestNode("n1")])).toBe(
      `${unable}\n[available container slots]\nerror from affinity filter: One of operator ==, != is expected`,
    );
  });

  test("one soft expression that cannot hold drops all soft ones, no hard one", () => {
    const a = new TestNode("a", { labels: { zone: "a" } });
    const b = new TestNode("b", { labels: { zone: "b" } });
    b.placed.push(placedContainer());
    expect(ranked({ constraints: ["zone==~b"] }, [a, b])).toEqual(["b"]);
    expect(ranked({ constraints: ["zone==~b", "zone==~tape"] }, [a, b])).toEqual(["a", "b"]);
    expect(ranked({ constraints: ["zone==b", "zone==~tape"] }, [a, b])).toEqual(["b"]);
  });

  test("many refusals are cut short", () => {
    const nodes = Array.from({ length: 25 }, (_, i) => new TestNode(`n${i}`));
    const lines = refusal({ constraints: ["zone==x"] }, nodes).split("\n");
    expect(lines).toHaveLength(3 + 20 + 1);
    expect(lines.at(-1)).toBe("and 5 nodes more");
  });
});
