import { describe, expect, it } from "vitest";
import { bareTokenId, swarmPort, tokenUrl } from "../../../src/cluster/discovery-url.ts";
import { parseManagerInfo } from "../../../src/cluster/manager-info.ts";
import { clustersOf, swarmColumn } from "../../../src/cluster/membership.ts";
import { planSwarm } from "../../../src/cluster/plan.ts";
import { isAppError } from "../../../src/kit/errors.ts";
import { member } from "../../support/cluster-member.ts";

describe("clusters of the store", () => {
  const members = [
    member("alone", {}),
    member("m1", { Master: true, Agent: true, Discovery: "token://a" }),
    member("n1", { Agent: true, Discovery: "token://a" }),
    member("m2", { Master: true, Discovery: "etcd://x/y" }, "blue"),
    member("n2", { Agent: true, Discovery: "etcd://x/y" }),
    member("stray", { Agent: true, Discovery: "token://z" }),
  ];

  it("are the machines with one discovery, named by their master or as they were told", () => {
    expect(clustersOf(members).map(({ name, members: group }) => [name, group.length])).toEqual([
      ["m1", 2],
      ["blue", 2],
      ["", 1],
    ]);
  });

  it("show in the SWARM column, blank for machines without a master and without Swarm", () => {
    expect([...swarmColumn(members)]).toEqual([
      ["m1", "m1 (master)"],
      ["n1", "m1"],
      ["m2", "blue (master)"],
      ["n2", "blue"],
    ]);
  });

  it("a node joins the named cluster and takes its discovery and name", () => {
    const plan = planSwarm({ swarm: { IsSwarm: true, Agent: true }, clusterName: "blue" }, members);
    expect(plan).toMatchObject({ swarm: { Discovery: "etcd://x/y" }, clusterName: "blue" });
  });

  it("a node joins the only cluster without being told", () => {
    const plan = planSwarm({ swarm: { IsSwarm: true, Agent: true }, clusterName: "" }, members.slice(0, 3));
    expect(plan.swarm.Discovery).toBe("token://a");
  });

  it("a master without discovery starts a cluster with an id of its own", () => {
    const plan = planSwarm({ swarm: { IsSwarm: true, Master: true }, clusterName: "" }, members);
    expect(bareTokenId(plan.swarm.Discovery ?? "")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("a discovery that the user gave is kept as it is", () => {
    const swarm = { IsSwarm: true, Agent: true, Discovery: "consul://c/p" };
    expect(planSwarm({ swarm, clusterName: "" }, members).swarm.Discovery).toBe("consul://c/p");
  });

  it.each([
    [
      "a node beside several clusters",
      { swarm: { IsSwarm: true, Agent: true }, clusterName: "" },
      members,
      "SWARM_SEVERAL_CLUSTERS",
    ],
    [
      "a node without any master",
      { swarm: { IsSwarm: true, Agent: true }, clusterName: "" },
      [],
      "SWARM_NO_MASTER",
    ],
    [
      "a cluster that is not there",
      { swarm: { IsSwarm: true, Agent: true }, clusterName: "red" },
      members,
      "CLUSTER_NOT_FOUND",
    ],
    ["a name without Swarm", { swarm: {}, clusterName: "blue" }, members, "USAGE"],
    [
      "an unknown strategy",
      { swarm: { IsSwarm: true, Master: true, Strategy: "best" }, clusterName: "" },
      [],
      "USAGE",
    ],
    [
      "a host without port",
      { swarm: { IsSwarm: true, Master: true, Host: "tcp://0.0.0.0" }, clusterName: "" },
      [],
      "USAGE",
    ],
  ] as const)("%s is refused", (_what, choice, store, code) => {
    try {
      planSwarm(choice, store);
    } catch (error) {
      expect(isAppError(error, code)).toBe(true);
      return;
    }
    expect.unreachable();
  });
});

describe("discovery texts", () => {
  it("a bare token is told from one with a service", () => {
    expect(bareTokenId("token://abc")).toBe("abc");
    expect(bareTokenId("token://host/v1/abc")).toBeUndefined();
    expect(bareTokenId("consul://abc")).toBeUndefined();
  });

  it("the manager's own service is named with brackets for IPv6", () => {
    expect(tokenUrl({ host: "192.168.59.100", port: 3376 }, "ab")).toBe("token://192.168.59.100:3376/v1/ab");
    expect(tokenUrl({ host: "fd00::1", port: 4000 }, "ab")).toBe("token://[fd00::1]:4000/v1/ab");
  });

  it("the port of --swarm-host", () => {
    expect(swarmPort("tcp://0.0.0.0:4243")).toBe(4243);
    expect(swarmPort("")).toBe(3376);
  });
});

describe("a manager's info", () => {
  it("gives its nodes with status and error", () => {
    const info = parseManagerInfo({
      SystemStatus: [
        ["Role", "primary"],
        ["Strategy", "spread"],
        ["Nodes", "2"],
        [" node-1", "10.0.0.1:2376"],
        ["  └ Status", "Healthy"],
        ["  └ ServerVersion", "26.1.5"],
        [" (unknown)", "10.0.0.2:2376"],
        ["  └ Status", "Pending"],
        ["  └ Error", "connection refused"],
      ],
    });
    expect(info).toEqual({
      role: "primary",
      primary: "",
      strategy: "spread",
      nodes: [
        {
          name: "node-1",
          addr: "10.0.0.1:2376",
          status: "Healthy",
          error: "",
          containers: "",
          serverVersion: "26.1.5",
        },
        {
          name: "(unknown)",
          addr: "10.0.0.2:2376",
          status: "Pending",
          error: "connection refused",
          containers: "",
          serverVersion: "",
        },
      ],
    });
  });

  it("of a plain engine is none", () => {
    expect(parseManagerInfo({ SystemStatus: null })).toBeUndefined();
    expect(parseManagerInfo("pong")).toBeUndefined();
  });
});
