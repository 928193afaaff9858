import { describe, expect, it } from "vitest";
import type { DriverModule } from "../../../src/driver/driver.ts";
import { driverRegistry } from "../../../src/driver/registry.ts";
import { driverContext } from "../../../src/machine/driver-context.ts";
import { FakeProvider, fakeDriver } from "../../support/fake-driver.ts";
import { machineWorld } from "../../support/machine-world.ts";

const entry = (driver: DriverModule) => ({ summary: `the ${driver.name} driver`, load: async () => driver });
const provider = new FakeProvider();
const named = (name: string, defaultRank: number | undefined, usable = true): DriverModule => {
  const { defaultRank: _, ...features } = fakeDriver(provider).features;
  return {
    ...fakeDriver(provider, { name }),
    features: { ...features, ...(defaultRank === undefined ? {} : { defaultRank }) },
    check: async () =>
      usable ? { usable, version: "1" } : { usable, reason: `${name} is missing`, hint: `install ${name}` },
  };
};
const registry = (...drivers: DriverModule[]) =>
  driverRegistry(Object.fromEntries(drivers.map((driver) => [driver.name, entry(driver)])));

describe("the registry", () => {
  it("names its drivers in the order of the index and loads them when asked", async () => {
    let loads = 0;
    const load = (name: string) => async () => {
      loads += 1;
      return named(name, 1);
    };
    const drivers = driverRegistry({
      b: { summary: "B", load: load("b") },
      a: { summary: "A", load: load("a") },
    });
    expect(drivers.names()).toEqual(["b", "a"]);
    expect(drivers.summary("a")).toBe("A");
    expect([drivers.has("a"), drivers.has("toString"), drivers.has("__proto__")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(loads).toBe(0);
    expect((await drivers.require("a")).name).toBe("a");
    expect(loads).toBe(1);
  });

  it("refuses an unknown driver with the list and a guess", async () => {
    const drivers = registry(named("virtualbox", 1), named("docker", 2));
    await expect(drivers.require("virtulbox")).rejects.toMatchObject({
      code: "UNKNOWN_DRIVER",
      exitCode: 1,
      hint: 'did you mean "virtualbox"? drivers: virtualbox, docker',
    });
    await expect(drivers.require("constructor")).rejects.toMatchObject({
      hint: "drivers: virtualbox, docker",
    });
  });
});

describe("the choice of a driver", () => {
  it("is the usable one of the highest rank", async () => {
    await using world = await machineWorld();
    const ctx = driverContext(world.ctx, "x");
    const choose = async (...drivers: DriverModule[]) => (await registry(...drivers).choose(ctx)).driver.name;
    expect(await choose(named("low", 1), named("high", 2))).toBe("high");
    expect(await choose(named("low", 1), named("high", 2, false))).toBe("low");
    expect(await choose(named("never", undefined), named("low", 1))).toBe("low");
  });

  it("is an error with every reason when none is usable", async () => {
    await using world = await machineWorld();
    const broken = { ...named("broken", 3), check: () => Promise.reject(new Error("boom")) };
    const drivers = registry(broken, named("a", 1, false), named("b", 2, false), named("none", undefined));
    await expect(drivers.choose(driverContext(world.ctx, "x"))).rejects.toMatchObject({
      code: "NO_DRIVER",
      hint: "broken: boom\nb: b is missing; install b\na: a is missing; install a\nchoose a driver with --driver",
    });
  });
});

describe("a driver that is not here", () => {
  it("stands in for machines: it has a state and fails at everything else", async () => {
    await using world = await machineWorld();
    const module = await registry().find("amazonec2");
    expect(module.features.isUnknown).toBe(true);
    const config = { MachineName: "m", AccessKey: "k" };
    const base = { IPAddress: "", SSHUser: "", SSHPort: 0, SSHKeyPath: "", StorePath: "" };
    const full = { ...base, SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "", ...config };
    const driver = module.open(driverContext(world.ctx, "m"), full);
    expect(driver.config).toBe(full);
    for (const operation of ["start", "stop", "url", "state", "remove", "sshAddress"] as const) {
      await expect(driver[operation]()).rejects.toMatchObject({ code: "DRIVER_NOT_FOUND" });
    }
    const states = await module.states?.(driverContext(world.ctx, ""), [full]);
    expect(states?.get("m")).toMatchObject({ state: "", error: expect.stringContaining("amazonec2") });
  });
});
