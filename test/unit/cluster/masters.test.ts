import { describe, expect, it } from "vitest";
import { agentBody, managerBody } from "../../../src/cluster/containers.ts";
import { fewMasters } from "../../../src/cluster/ha/errors.ts";
import { etcdBody, initialOf } from "../../../src/cluster/ha/etcd-body.ts";
import { parseMembers } from "../../../src/cluster/ha/etcd-control.ts";
import { etcdUrl, haClusterId, haDiscovery } from "../../../src/cluster/ha/ha-discovery.ts";
import { clustersOf } from "../../../src/cluster/membership.ts";
import { reconcileAgent } from "../../../src/cluster/reconcile.ts";
import { member } from "../../support/cluster-member.ts";

const host = { ip: "192.0.2.7", enginePort: 2376, optionsDir: "/etc/docker", bridgeGateway: "172.17.0.1" };

describe("the discovery of several masters", () => {
  it("names no address in the record, and all of them to containers", () => {
    expect(haClusterId(haDiscovery("ab12"))).toBe("ab12");
    expect(haClusterId("etcd3://elsewhere:2379/ab12")).toBeUndefined();
    expect(etcdUrl(["192.0.2.7", "fd00::1"], "ab")).toBe("etcd3://192.0.2.7:2379,[fd00::1]:2379/ab");
  });

  it("a cluster that is on its way from the token service stays one cluster", () => {
    const groups = clustersOf([
      member("m", { Master: true, Discovery: haDiscovery("ab") }),
      member("n", { Agent: true, Discovery: "token://ab" }),
    ]);
    expect(groups).toMatchObject([{ name: "m", discovery: haDiscovery("ab") }]);
    expect(groups[0]?.members).toHaveLength(2);
  });

  it("managers share the work and use the machine's certificates, agents as well", () => {
    const { SwarmOptions, EngineOptions } = member("m", { Master: true, Agent: true }).record.HostOptions;
    const told = { url: "etcd3://192.0.2.7:2379/ab", isOwnEtcd: true };
    const manager = managerBody(SwarmOptions, EngineOptions, host, told).Cmd.join(" ");
    expect(manager).toContain("--replication --replication-ttl 8s");
    for (const cmd of [manager, agentBody(SwarmOptions, EngineOptions, host, told).Cmd.join(" ")]) {
      expect(cmd).toContain("--discovery-opt kv.cacertfile=/etc/docker/ca.pem");
      expect(cmd.endsWith("etcd3://192.0.2.7:2379/ab")).toBe(true);
    }
  });

  it.each([
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ])("%i masters: warned is %s", (count, warned) => {
    expect(fewMasters(count) !== undefined).toBe(warned);
  });
});

describe("etcd of a master", () => {
  it("wants certificates of clients and peers, and is told once whom to meet", () => {
    const initial = {
      state: "existing" as const,
      members: [
        { name: "a", peerUrl: "https://192.0.2.6:2380" },
        { name: "b", peerUrl: "https://192.0.2.7:2380" },
      ],
    };
    const body = etcdBody("b", "ab", host, "etcd:latest", initial);
    expect(body.Cmd).toEqual(expect.arrayContaining(["--client-cert-auth", "--peer-client-cert-auth"]));
    expect(body.Cmd.join(" ")).not.toContain("192.0.2.6");
    expect(initialOf(["PATH=/bin", ...body.Env])).toEqual(initial);
  });

  it("lists its members, ids as they are", () => {
    const text = `8211f1d0f64f3269, started, m1, https://192.0.2.6:2380, https://192.0.2.6:2379, false
91bc3c398fb3c146, unstarted, , https://192.0.2.7:2380, , true\n`;
    expect(parseMembers(text)).toEqual([
      {
        id: "8211f1d0f64f3269",
        name: "m1",
        isStarted: true,
        peerUrl: "https://192.0.2.6:2380",
        isLearner: false,
      },
      {
        id: "91bc3c398fb3c146",
        name: "",
        isStarted: false,
        peerUrl: "https://192.0.2.7:2380",
        isLearner: true,
      },
    ]);
  });
});

describe("an agent that is replaced", () => {
  const { SwarmOptions, EngineOptions } = member("m", { Agent: true }).record.HostOptions;
  const body = agentBody(SwarmOptions, EngineOptions, host, { url: "etcd3://x:2379/ab", isOwnEtcd: true });

  it.each([
    ["192.0.2.7:2376", 0],
    ["192.0.2.9:2376", 10],
  ])("advertised as %s gets %i s to sign off", async (advertised, seconds) => {
    const graces: (number | undefined)[] = [];
    const present = {
      id: "x",
      running: true,
      image: body.Image,
      cmd: ["join", "--advertise", advertised, "token://old"],
      env: [],
      binds: [],
      restartCount: 0,
    };
    const engine = {
      inspect: async () => present,
      create: async () => undefined,
      start: async () => undefined,
      remove: async (_name: string, grace?: number) => void graces.push(grace),
    };
    await reconcileAgent(engine, "swarm-agent", body);
    expect(graces).toEqual([seconds]);
  });
});
