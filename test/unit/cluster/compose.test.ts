import { describe, expect, it } from "vitest";
import { addressVariable, bridgeOverride, serviceNetworks } from "../../../src/cluster/compose/services.ts";
import { readMachineBlock } from "../../../src/cluster/compose/x-machine.ts";
import { messageOf } from "../../../src/kit/errors.ts";

const read = (text: string) => readMachineBlock("compose.yaml", text);

describe("x-machine of a compose file", () => {
  it("gives clusters and machines with their flags", () => {
    const wanted = read(`x-machine:
  use: demo
  clusters:
    demo:
      driver: docker
      masters: 3
      labels: { tier: web }
      strategy: binpack
      flags: { docker-memory: 512, engine-opt: [a=1, b=2] }
  machines:
    db:
services: {}
`);
    expect(wanted?.use).toBe("demo");
    expect(wanted?.clusters[0]).toMatchObject({ name: "demo", driver: "docker", masters: 3, nodes: 2 });
    const flags = [...(wanted?.clusters[0]?.flags ?? [])].map(([name, { values }]) => [name, values]);
    expect(Object.fromEntries(flags)).toEqual({
      "engine-label": ["tier=web"],
      "swarm-strategy": ["binpack"],
      "docker-memory": ["512"],
      "engine-opt": ["a=1", "b=2"],
    });
    expect(wanted?.machines).toMatchObject([{ name: "db", driver: "" }]);
  });

  it("may be missing", () => {
    expect(read("services: {}\n")).toBeUndefined();
  });

  it.each([
    ["an unknown key", "x-machine:\n  cluster: {}\n", "compose.yaml:2:3: "],
    ["a count that is none", "x-machine:\n  clusters:\n    a:\n      nodes: many\n", "compose.yaml:4:14: "],
    ["a list where a mapping belongs", "x-machine:\n  clusters: [a]\n", "compose.yaml:2:13: "],
    ["several clusters without use", "x-machine:\n  clusters:\n    a:\n    b:\n", '"use" must say which'],
    ["use of what is not there", "x-machine:\n  use: c\n  clusters:\n    a:\n", "compose.yaml:2:8: "],
    ["an empty block", "x-machine:\nservices: {}\n", "neither clusters nor machines"],
    ["broken YAML", "x-machine: {a: [}\n", "compose.yaml:1:"],
  ])("%s is told with its place", (_what, text, expected) => {
    try {
      read(text);
    } catch (error) {
      expect(messageOf(error)).toContain(expected);
      return;
    }
    expect.unreachable();
  });
});

describe("networks of services", () => {
  it("those with the project's default alone go to the bridge, others stay", () => {
    const sorted = serviceNetworks({
      services: {
        web: { networks: { default: null } },
        db: { networks: { back: null } },
        host: { network_mode: "host" },
        far: { networks: { over: null } },
      },
      networks: { default: { name: "p_default" }, back: {}, over: { driver: "overlay" } },
    });
    expect(sorted).toEqual({ onBridge: ["web"], local: ["back"] });
    expect(bridgeOverride(sorted.onBridge)).toContain('"web":\n    network_mode: bridge');
  });

  it("a machine's address has a variable of its own", () => {
    expect(addressVariable("shop-node-01")).toBe("MACHINE_IP_SHOP_NODE_01");
  });
});
