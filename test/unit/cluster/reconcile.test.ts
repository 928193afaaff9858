import { describe, expect, it } from "vitest";
import type { ContainerBody } from "../../../src/cluster/containers.ts";
import { agentBody, managerBody } from "../../../src/cluster/containers.ts";
import { reconcile } from "../../../src/cluster/reconcile.ts";
import type { ContainerState, SwarmEngine } from "../../../src/cluster/swarm-engine.ts";
import { member } from "../../support/cluster-member.ts";

const host = {
  ip: "192.0.2.7",
  enginePort: 2376,
  optionsDir: "/var/lib/boot2docker",
  bridgeGateway: "172.17.0.1",
};
const told = (url: string) => ({ url, isOwnEtcd: false });
const { SwarmOptions, EngineOptions } = member("m", {
  Master: true,
  Agent: true,
  ArbitraryFlags: ["heartbeat=5s"],
  ArbitraryJoinFlags: ["ttl=30s"],
}).record.HostOptions;

function engineWith(present: Map<string, ContainerState>) {
  const calls: string[] = [];
  const engine: Pick<SwarmEngine, "inspect" | "create" | "start" | "remove"> = {
    inspect: async (name) => present.get(name),
    create: async (name) => void calls.push(`create ${name}`),
    start: async (name) => void calls.push(`start ${name}`),
    remove: async (name) => void calls.push(`remove ${name}`),
  };
  return { engine, calls };
}

function stateOf(body: ContainerBody, more: Partial<ContainerState> = {}): ContainerState {
  return {
    id: "x",
    running: true,
    image: body.Image,
    cmd: body.Cmd,
    env: [...body.Env, "PATH=/bin"],
    binds: body.HostConfig.Binds,
    restartCount: 0,
    ...more,
  };
}

describe("the swarm containers of a machine", () => {
  const body = managerBody(SwarmOptions, EngineOptions, host, told("token://ab"));

  it("run the commands that docker-machine gave them", () => {
    expect(body.Cmd).toEqual(
      [
        "manage --tlsverify --tlscacert=/var/lib/boot2docker/ca.pem --tlscert=/var/lib/boot2docker/server.pem",
        "--tlskey=/var/lib/boot2docker/server-key.pem -H tcp://0.0.0.0:3376 --strategy spread",
        "--advertise 192.0.2.7:3376 --heartbeat=5s token://ab",
      ]
        .join(" ")
        .split(" "),
    );
    expect(body.HostConfig.PortBindings["3376/tcp"]).toEqual([{ HostIp: "0.0.0.0", HostPort: "3376" }]);
    const agent = agentBody(SwarmOptions, EngineOptions, host, told("token://192.0.2.7:3376/v1/ab"));
    expect(agent.Cmd.slice(0, 4)).toEqual(["join", "--advertise", "192.0.2.7:2376", "--ttl=30s"]);
    expect(agent.Cmd.at(-1)).toBe("token://192.0.2.7:3376/v1/ab");
  });

  it("see the machine's certificates read-only, and the relay only on the bridge", () => {
    const agent = agentBody(SwarmOptions, EngineOptions, host, told("token://ab"));
    expect(agent.HostConfig.Binds).toEqual(["/var/lib/boot2docker:/var/lib/boot2docker:ro"]);
    expect(agent.HostConfig.PortBindings["3375/tcp"]).toEqual([{ HostIp: "172.17.0.1", HostPort: "3375" }]);
    expect(body.HostConfig.PortBindings["3375/tcp"]).toBeUndefined();
  });

  it("advertise --swarm-addr where it was given, with the right port", () => {
    const moved = managerBody(
      { ...SwarmOptions, Address: "203.0.113.5", Host: "tcp://0.0.0.0:4000" },
      EngineOptions,
      host,
      told("x"),
    );
    expect(moved.Cmd[moved.Cmd.indexOf("--advertise") + 1]).toBe("203.0.113.5:4000");
  });

  it.each([
    ["as it should be: is left alone", stateOf(body), body, []],
    ["stopped: is started", stateOf(body, { running: false }), body, ["start n"]],
    [
      "other command: is replaced",
      stateOf(body, { cmd: ["manage"] }),
      body,
      ["remove n", "create n", "start n"],
    ],
    [
      "other image: is replaced",
      stateOf(body, { image: "other" }),
      body,
      ["remove n", "create n", "start n"],
    ],
    ["missing variable: is replaced", stateOf(body, { env: [] }), body, ["remove n", "create n", "start n"]],
    ["not there: is made", undefined, body, ["create n", "start n"]],
    ["not wanted: is removed", stateOf(body), undefined, ["remove n"]],
    ["neither there nor wanted: nothing", undefined, undefined, []],
  ])("a container that is %s", async (_what, present, wanted, expected) => {
    const { engine, calls } = engineWith(new Map(present === undefined ? [] : [["n", present]]));
    expect(await reconcile(engine, "n", wanted)).toBe(expected.length > 0);
    expect(calls).toEqual(expected);
  });
});
