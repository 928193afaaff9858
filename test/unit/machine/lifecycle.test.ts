import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import { createMachine } from "../../../src/machine/create.ts";
import { actOnMachines, type LifecycleHooks } from "../../../src/machine/lifecycle.ts";
import { removeMachines } from "../../../src/machine/remove.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import { flagsOf, type MachineWorld, machineWorld, type WorldOptions } from "../../support/machine-world.ts";

vi.setConfig({ testTimeout: 120_000 }); // RSA keys take their time on a busy computer

/** A world with running machines. */
async function worldWith(names: readonly string[], options: WorldOptions = {}): Promise<MachineWorld> {
  const world = await machineWorld({ seeded: true, ...options });
  for (const name of names) {
    await createMachine(world.ctx, { name, driver: world.driver, flags: flagsOf(world.driver) });
  }
  world.provider.calls.length = 0;
  world.provisioned.length = 0;
  return world;
}

function host(world: MachineWorld, name: string) {
  const found = world.provider.hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
}

const serverCert = (world: MachineWorld, name: string) =>
  readFile(join(world.ctx.store.machineDir(name), "server.pem"), "utf8");

/** Hooks that note what they are told. */
function noted(): { hooks: LifecycleHooks; notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    hooks: {
      started: async ({ name }, { addressChanged }) => void notes.push(`started ${name} ${addressChanged}`),
      provisioned: async ({ name }) => void notes.push(`provisioned ${name}`),
      removing: async ({ name }) => void notes.push(`removing ${name}`),
    },
  };
}

describe("several machines", () => {
  it("are acted on together; the records keep what the drivers changed", async () => {
    await using world = await worldWith(["a", "b"]);
    await actOnMachines(world.ctx, "stop", ["a", "b", "a"]);
    expect(world.provider.calls.sort()).toEqual(["stop a", "stop b"]);
    host(world, "a").ip = "192.0.2.77";
    await actOnMachines(world.ctx, "start", ["a"]);
    expect((await world.ctx.store.get("a")).Driver.IPAddress).toBe("192.0.2.77");
  });

  it("are left alone when one of them cannot be loaded, and every reason is told", async () => {
    await using world = await worldWith(["a", "bad"]);
    await writeFile(join(world.ctx.store.machineDir("bad"), "config.json"), "{");
    await expect(actOnMachines(world.ctx, "stop", ["a", "bad", "nobody"])).rejects.toMatchObject({
      message: expect.stringMatching(/not valid JSON.*\n.*"nobody"/s),
    });
    expect(world.provider.calls).toEqual([]);
  });

  it("go on when one fails, and every failure is told", async () => {
    await using world = await worldWith(["a", "b", "c"]);
    world.provider.hooks.set("stop", (name) => {
      if (name !== "b") throw new AppError("STUCK", `${name} is stuck`, { hint: "wait" });
    });
    await expect(actOnMachines(world.ctx, "stop", ["a", "b", "c"])).rejects.toMatchObject({
      message: "a is stuck\nc is stuck",
      hint: "wait",
      exitCode: 1,
    });
    expect(host(world, "b").state).toBe("Stopped");
  });
});

describe("start", () => {
  it("waits for SSH and the engine, and leaves a good certificate as it is", async () => {
    await using world = await worldWith(["a"]);
    await actOnMachines(world.ctx, "stop", ["a"]);
    const before = await serverCert(world, "a");
    const { hooks, notes } = noted();
    await actOnMachines(world.ctx, "start", ["a"], hooks);
    expect(await serverCert(world, "a")).toBe(before);
    expect(world.provisioned).toEqual([]);
    expect(notes).toEqual(["started a false"]);
  });

  it("renews the server certificate when the address is another, and tells the cluster", async () => {
    await using world = await worldWith(["a"]);
    await actOnMachines(world.ctx, "stop", ["a"]);
    const before = await serverCert(world, "a");
    host(world, "a").ip = "192.0.2.99";
    const { hooks, notes } = noted();
    await actOnMachines(world.ctx, "start", ["a"], hooks);
    expect(await serverCert(world, "a")).not.toBe(before);
    expect(world.provisioned[0]?.certs.serverCert).toBe(await serverCert(world, "a"));
    expect(notes).toEqual(["started a true"]);
  });

  it("serves a machine that a rotation of the CA had not reached", async () => {
    await using world = await worldWith(["a", "b"]);
    await actOnMachines(world.ctx, "stop", ["b"]);
    await actOnMachines(world.ctx, "regenerate-certs", ["a"], {}, { clientCerts: true });
    expect(world.provisioned.map(({ name }) => name)).toEqual(["a"]);
    await actOnMachines(world.ctx, "start", ["b"]);
    expect(world.provisioned.map(({ name }) => name)).toEqual(["a", "b"]);
    const ca = await readFile(join(world.ctx.store.certsDir, "ca.pem"), "utf8");
    expect(world.provisioned.map(({ certs }) => certs.ca)).toEqual([ca, ca]);
    expect(await readFile(join(world.ctx.store.machineDir("b"), "ca.pem"), "utf8")).toBe(ca);
  });

  it("of a running machine, and stop and kill of a stopped one, are errors", async () => {
    await using world = await worldWith(["a"]);
    await expect(actOnMachines(world.ctx, "start", ["a"])).rejects.toThrow('machine "a" is already running');
    await actOnMachines(world.ctx, "kill", ["a"]);
    for (const action of ["stop", "kill"] as const) {
      await expect(actOnMachines(world.ctx, action, ["a"])).rejects.toThrow('machine "a" is already stopped');
    }
  });

  it("of a machine whose host is gone says so", async () => {
    await using world = await worldWith(["a"]);
    world.provider.hosts.clear();
    await expect(actOnMachines(world.ctx, "start", ["a"])).rejects.toMatchObject({ code: "HOST_GONE" });
  });

  it("ends at the limit when the engine does not answer, with the reason", async () => {
    await using world = await worldWith(["a"]);
    await actOnMachines(world.ctx, "stop", ["a"]);
    const { ProbeError } = await import("../../../src/machine/engine-probe.ts");
    const probe = () => Promise.reject(new ProbeError("unreachable", "nobody is there"));
    await expect(actOnMachines({ ...world.ctx, probe }, "start", ["a"])).rejects.toMatchObject({
      code: "ENGINE_NOT_READY",
      message: 'the engine of machine "a" did not answer within 120 s: nobody is there',
    });
  });
});

describe("restart", () => {
  it("restarts what runs, and starts what is off or asleep", async () => {
    await using world = await worldWith(["a", "b", "c"]);
    host(world, "b").state = "Stopped";
    host(world, "c").state = "Saved";
    await actOnMachines(world.ctx, "restart", ["a", "b", "c"]);
    expect(world.provider.calls.sort()).toEqual(["restart a", "start b", "start c"]);
  });
});

describe("provision and regenerate-certs", () => {
  it("provision keeps a certificate that serves, regenerate-certs makes a new one", async () => {
    await using world = await worldWith(["a"]);
    const { hooks, notes } = noted();
    const before = await serverCert(world, "a");
    await actOnMachines(world.ctx, "provision", ["a"], hooks);
    expect(await serverCert(world, "a")).toBe(before);
    await actOnMachines(world.ctx, "regenerate-certs", ["a"], hooks);
    expect(await serverCert(world, "a")).not.toBe(before);
    expect(notes).toEqual(["provisioned a", "provisioned a"]);
  });

  it("a rotation of the CA reaches every machine that runs", async () => {
    await using world = await worldWith(["a", "b"]);
    await actOnMachines(world.ctx, "regenerate-certs", ["a"], {}, { clientCerts: true });
    expect(world.provisioned.map(({ name }) => name).sort()).toEqual(["a", "b"]);
  });

  it("refuse a machine without a host at once", async () => {
    await using world = await worldWith(["a"], {
      drivers: (provider) => [fakeDriver(provider, { features: { hasHost: false } })],
    });
    for (const action of ["provision", "regenerate-certs", "upgrade"] as const) {
      await expect(actOnMachines(world.ctx, action, ["a"])).rejects.toMatchObject({ code: "NO_HOST" });
    }
  });
});

describe("upgrade", () => {
  it("starts the machine, upgrades the engine and provisions", async () => {
    await using world = await worldWith(["a"]);
    host(world, "a").state = "Stopped";
    let upgraded = 0;
    const upgradeEngine = async () => {
      upgraded += 1;
    };
    await actOnMachines({ ...world.ctx, upgradeEngine }, "upgrade", ["a"]);
    expect(world.provider.calls).toEqual(["start a"]);
    expect(upgraded).toBe(1);
    expect(world.provisioned).toHaveLength(1);
  });
});

describe("rm", () => {
  it("removes host and directory, and asks the cluster first", async () => {
    await using world = await worldWith(["a", "b"]);
    const { hooks, notes } = noted();
    expect(await removeMachines(world.ctx, ["a", "b"], { force: false }, hooks)).toEqual([]);
    expect(notes.sort()).toEqual(["removing a", "removing b"]);
    expect(await world.ctx.store.names()).toEqual([]);
    expect(world.provider.resources.size).toBe(0);
  });

  it("keeps a machine whose host cannot be removed, unless forced", async () => {
    await using world = await worldWith(["a", "b"]);
    world.provider.hooks.set("remove", (name) => {
      if (name === "a") throw new AppError("LOCKED", "a is locked");
    });
    await expect(removeMachines(world.ctx, ["a", "b"], { force: false })).rejects.toThrow("a is locked");
    expect(await world.ctx.store.names()).toEqual(["a"]);
    const errors = await removeMachines(world.ctx, ["a"], { force: true });
    expect(errors).toMatchObject([{ code: "LOCKED" }]);
    expect(await world.ctx.store.names()).toEqual([]);
  });

  it("goes on when the cluster cannot be told", async () => {
    await using world = await worldWith(["a"]);
    const hooks = { removing: () => Promise.reject(new AppError("NO_MANAGER", "no manager")) };
    await removeMachines(world.ctx, ["a"], { force: false }, hooks);
    expect(world.events).toContainEqual({ type: "warning", machine: "a", message: "no manager" });
    expect(await world.ctx.store.names()).toEqual([]);
  });

  it("of a record that cannot be read, or whose driver is not here, needs force", async () => {
    await using world = await worldWith(["bad", "cloud"]);
    const config = join(world.ctx.store.machineDir("bad"), "config.json");
    await writeFile(config, "{");
    await world.ctx.store.save({ ...(await world.ctx.store.get("cloud")), DriverName: "amazonec2" });
    for (const name of ["bad", "cloud"]) {
      await expect(removeMachines(world.ctx, [name], { force: false })).rejects.toBeInstanceOf(AppError);
      expect(await world.ctx.store.exists(name)).toBe(true);
      expect(await removeMachines(world.ctx, [name], { force: true })).toHaveLength(1);
      expect(await world.ctx.store.exists(name)).toBe(false);
    }
  });

  it.each(["nobody", "..", ".", "../certs", ""])(
    "of %j finds no machine and touches nothing",
    async (name) => {
      await using world = await worldWith(["a"]);
      const before = await world.inventory();
      await expect(removeMachines(world.ctx, [name], { force: false })).rejects.toMatchObject({
        code: "MACHINE_NOT_FOUND",
      });
      expect(await removeMachines(world.ctx, [name], { force: true })).toHaveLength(1);
      expect(await world.inventory()).toEqual(before);
    },
  );
});
