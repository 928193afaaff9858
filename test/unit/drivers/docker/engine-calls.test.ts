import { describe, expect, it } from "vitest";
import { driver } from "../../../../drivers/docker/driver.ts";
import { Engine } from "../../../../drivers/docker/engine.ts";
import { freeAddress, makeNetwork } from "../../../../drivers/docker/network.ts";
import { publishTarget, reachOf } from "../../../../drivers/docker/reach.ts";
import type { DriverConfig } from "../../../../src/driver/driver.ts";
import { engineContext, scriptedEngine } from "../../../support/scripted-engine.ts";

const config = (name: string): DriverConfig => ({
  MachineName: name,
  StorePath: "/s",
  IPAddress: "",
  SSHUser: "docker",
  SSHPort: 22,
  SSHKeyPath: "",
  SwarmMaster: false,
  SwarmHost: "",
  SwarmDiscovery: "",
});

const listed = (name: string, State: string, extra: object = {}) => ({
  State,
  Labels: { "io.machine.kind": "machine", "io.machine.name": name, "io.machine.store": "/s" },
  NetworkSettings: { Networks: { machine: { IPAddress: "192.168.92.10" } } },
  ...extra,
});

describe("states", () => {
  it("asks the engine once for all machines", async () => {
    const engine = scriptedEngine(() => ({
      status: 200,
      body: [
        listed("on", "running"),
        listed("off", "exited", { NetworkSettings: {} }),
        listed("cold", "paused"),
        listed("mapped", "running", { Ports: [{ PrivatePort: 2376, PublicPort: 49001 }] }),
        {
          ...listed("foreign", "running"),
          Labels: { "io.machine.name": "foreign", "io.machine.store": "/other" },
        },
      ],
    }));
    const names = ["on", "off", "cold", "mapped", "foreign", "gone"];
    const states = await driver.states?.(engineContext(engine), names.map(config));
    expect(engine.calls).toHaveLength(1);
    expect(names.map((name) => [states?.get(name)?.state, states?.get(name)?.url])).toEqual([
      ["Running", "tcp://192.168.92.10:2376"],
      ["Stopped", ""],
      ["Paused", ""],
      ["Running", "tcp://127.0.0.1:49001"],
      ["NotFound", ""],
      ["NotFound", ""],
    ]);
  });

  it("is an error for each where the engine cannot be reached", async () => {
    const engine = {
      ...scriptedEngine(() => undefined),
      request: () => Promise.reject(new Error("no engine")),
    };
    const states = await driver.states?.(engineContext(engine), [config("a")]);
    expect(states?.get("a")).toEqual({ state: "Error", url: "", error: "no engine" });
  });
});

describe("the network", () => {
  it("takes the next range where one overlaps", async () => {
    const asked: string[] = [];
    const engine = scriptedEngine((_call, body) => {
      const text = JSON.stringify(body);
      asked.push(/"Subnet":"([^"]+)"/.exec(text)?.[1] ?? "");
      return asked.length < 3
        ? { status: 403, body: { message: "Pool overlaps with other one on this address space" } }
        : { status: 201, body: { Id: "n" } };
    });
    expect(await makeNetwork(new Engine(engine), "machine", "")).toBe("192.168.94.0/24");
    expect(asked).toEqual(["192.168.92.0/24", "192.168.93.0/24", "192.168.94.0/24"]);
  });

  it("says when the wanted range is taken, and passes other refusals on", async () => {
    const overlap = scriptedEngine(() => ({ status: 403, body: { message: "Pool overlaps" } }));
    await expect(makeNetwork(new Engine(overlap), "machine", "10.5.0.0/24")).rejects.toMatchObject({
      code: "DOCKER_NETWORK_OVERLAPS",
    });
    const broken = scriptedEngine(() => ({ status: 500, body: { message: "iptables failed" } }));
    await expect(makeNetwork(new Engine(broken), "machine", "")).rejects.toThrow("iptables failed");
  });

  it("gives the lowest address that no machine and nothing else has", async () => {
    const engine = scriptedEngine((call) =>
      call.startsWith("GET /containers/json")
        ? {
            status: 200,
            body: [
              {
                NetworkSettings: { Networks: { machine: { IPAMConfig: { IPv4Address: "192.168.92.10" } } } },
              },
            ],
          }
        : { status: 200, body: { Containers: { x: { IPv4Address: "192.168.92.11/24" } } } },
    );
    expect(await freeAddress(new Engine(engine), "machine", "192.168.92.0/24")).toBe("192.168.92.12");
  });
});

describe("reaching a machine", () => {
  const linux = { OperatingSystem: "Debian GNU/Linux 13", SecurityOptions: ["name=seccomp,profile=default"] };
  it.each([
    ["auto", linux, "unix:///d.sock", "linux", undefined],
    ["always", linux, "unix:///d.sock", "linux", "127.0.0.1"],
    ["auto", { OperatingSystem: "Docker Desktop" }, "unix:///d.sock", "linux", "127.0.0.1"],
    ["auto", linux, "unix:///d.sock", "darwin", "127.0.0.1"],
    ["never", linux, "unix:///d.sock", "darwin", undefined],
    ["auto", { SecurityOptions: ["name=rootless"] }, "unix:///d.sock", "linux", "127.0.0.1"],
    ["auto", linux, "tcp://build.example:2376", "linux", "0.0.0.0"],
    ["auto", linux, "tcp://127.0.0.1:2375", "linux", undefined],
  ] as const)("publishes %s with %j at %s on %s: %s", (publish, info, address, platform, bind) => {
    const ctx = engineContext(
      scriptedEngine(() => undefined, address),
      platform,
    );
    expect(publishTarget(publish, info, ctx)?.bind).toBe(bind);
  });

  it("names the published port on the engine's host, else the container's address", () => {
    const published = {
      NetworkSettings: {
        Ports: { "22/tcp": [{ HostIp: "0.0.0.0", HostPort: "49000" }] },
        Networks: { machine: { IPAddress: "192.168.92.10" } },
      },
    };
    const far = engineContext(scriptedEngine(() => undefined, "tcp://build.example:2376"));
    expect(reachOf(published, 22, far)).toEqual({ host: "build.example", port: 49000 });
    expect(reachOf(published, 2376, far)).toEqual({ host: "192.168.92.10", port: 2376 });
  });
});

it("does not take or remove a container of another store", async () => {
  const engine = scriptedEngine((call) => {
    if (call === "GET /info") return { status: 200, body: { OSType: "linux" } };
    if (call === "GET /containers/machine-dev/json") {
      return {
        status: 200,
        body: { Config: { Labels: { "io.machine.kind": "machine", "io.machine.store": "/b" } } },
      };
    }
    return undefined;
  });
  const machine = driver.open(engineContext(engine), config("dev"));
  await expect(machine.preCreateCheck()).rejects.toMatchObject({ code: "DOCKER_CONTAINER_TAKEN" });
  expect(await machine.state()).toBe("NotFound");
  await machine.remove();
  expect(engine.calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
});
