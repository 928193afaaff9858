import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import { RunError } from "../../../src/kit/process.ts";
import type { MachineContext } from "../../../src/machine/context.ts";
import { type CreateRequest, type CreateStep, createMachine } from "../../../src/machine/create.ts";
import { deferred } from "../../support/deferred.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import { flagsOf, type MachineWorld, machineWorld } from "../../support/machine-world.ts";

vi.mock("../../../src/certs/rsa-key.ts", async (load) =>
  (await import("../../support/few-keys.ts")).fewKeys(load),
);

const requestOf = (world: MachineWorld, more: Partial<CreateRequest> = {}): CreateRequest => ({
  name: "a",
  driver: world.driver,
  flags: flagsOf(world.driver),
  ...more,
});
const certificates = ["certs", "certs/ca-key.pem", "certs/ca.pem", "certs/cert.pem", "certs/key.pem"];
const swarmStep = (run: CreateStep["run"] = async () => undefined): CreateStep => ({
  id: "swarm",
  title: "Starting Swarm",
  appliesTo: (record) => record.HostOptions.SwarmOptions.IsSwarm,
  run,
});

describe("create", () => {
  it("makes a machine that is complete, over one connection", async () => {
    await using world = await machineWorld();
    const record = await createMachine(world.ctx, requestOf(world));
    expect(world.provider.hosts.get("a")).toMatchObject({ state: "Running" });
    expect(await world.ctx.store.get("a")).toEqual(record);
    expect(record.Driver).toMatchObject({ IPAddress: "192.0.2.11", Size: 1, SSHUser: "docker" });
    expect(record.HostOptions.EngineOptions).toMatchObject({
      TlsVerify: true,
      InstallURL: "https://get.docker.com",
    });
    expect(world.connections).toEqual({ opened: 1, closed: 1 });
    expect(world.provisioned).toHaveLength(1);
    expect(world.provisioned[0]).toMatchObject({ name: "a", driverName: "fake", enginePort: 2376 });
    expect(world.provisioned[0]?.certs.serverKey).toMatch(/RSA PRIVATE KEY/);
    expect(await world.inventory()).toEqual([
      ...certificates,
      "machines",
      "machines/a",
      ...["ca.pem", "cert.pem", "config.json", "id_rsa", "key.pem", "server-key.pem", "server.pem"].map(
        (name) => `machines/a/${name}`,
      ),
    ]);
    const steps = world.events.flatMap((event) => (event.type === "done" ? [event.step] : []));
    expect(steps).toEqual(["certificates", "check", "host", "ssh", "provision", "engine"]);
  });

  it("keeps what the user asked for in the record", async () => {
    await using world = await machineWorld();
    await createMachine(
      world.ctx,
      requestOf(world, {
        flags: flagsOf(world.driver, { "fake-size": 7 }),
        engine: { Labels: ["a=b"] },
        swarm: { Master: true, Discovery: "token://x" },
        auth: { ServerCertSANs: ["example.org"] },
      }),
      [swarmStep()],
    );
    const record = await world.ctx.store.get("a");
    expect(record.Driver).toMatchObject({ Size: 7, SwarmMaster: true, SwarmDiscovery: "token://x" });
    expect(record.HostOptions.EngineOptions.Labels).toEqual(["a=b"]);
    expect(record.HostOptions.SwarmOptions).toMatchObject({ IsSwarm: true, Agent: false, Master: true });
    expect(record.HostOptions.AuthOptions.ServerCertSANs).toEqual(["example.org"]);
  });

  it("stops after the host where there is none to provision", async () => {
    await using world = await machineWorld({
      drivers: (provider) => [fakeDriver(provider, { features: { hasHost: false } })],
    });
    await createMachine(world.ctx, requestOf(world));
    expect(world.provisioned).toEqual([]);
    expect(world.connections.opened).toBe(0);
    expect(await readFile(join(world.ctx.store.machineDir("a"), "ca.pem"), "utf8")).toMatch(
      /BEGIN CERTIFICATE/,
    );
  });

  it("works twice at once on an empty store", async () => {
    await using world = await machineWorld();
    await Promise.all(["a", "b", "c"].map((name) => createMachine(world.ctx, requestOf(world, { name }))));
    expect(await world.ctx.store.names()).toEqual(["a", "b", "c"]);
    const authorities = await Promise.all(
      ["a", "b", "c"].map((name) => readFile(join(world.ctx.store.machineDir(name), "ca.pem"), "utf8")),
    );
    expect(new Set(authorities).size).toBe(1);
  });
});

describe("create refuses, before anything is made,", () => {
  it.each(["../x", "a b", "-x", "", "x_y", "a/../../b"])("the name %j", async (name) => {
    await using world = await machineWorld();
    await expect(createMachine(world.ctx, requestOf(world, { name }))).rejects.toMatchObject({
      code: "MACHINE_NAME_INVALID",
    });
    expect(await world.inventory()).toEqual([]);
  });

  it("a name that is taken, even by a directory that is no machine", async () => {
    await using world = await machineWorld();
    await mkdir(world.ctx.store.machineDir("a"), { recursive: true });
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toMatchObject({
      code: "MACHINE_EXISTS",
    });
    expect(world.provider.calls).toEqual([]);
  });

  it("a name that another process is making", async () => {
    await using world = await machineWorld();
    const held = deferred();
    const entered = deferred();
    world.provider.hooks.set("create", () => {
      entered.resolve();
      return held.promise;
    });
    const first = createMachine(world.ctx, requestOf(world));
    await entered.promise;
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toMatchObject({ code: "MACHINE_BUSY" });
    held.resolve();
    await first;
  });

  it("what the driver's check refuses, with exit code 3", async () => {
    await using world = await machineWorld();
    world.provider.fail(
      "preCreateCheck",
      new AppError("NO_SPACE", "the disk is full", { hint: "make room" }),
    );
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toMatchObject({
      code: "NO_SPACE",
      exitCode: 3,
      hint: "make room",
      message: expect.stringContaining("the disk is full"),
    });
    expect(await world.inventory()).toEqual(certificates);
  });

  it("what an added step refuses", async () => {
    await using world = await machineWorld();
    const step: CreateStep = {
      ...swarmStep(),
      validate: () => Promise.reject(new AppError("NO_MASTER", "no")),
    };
    const request = requestOf(world, { swarm: { Agent: true } });
    await expect(createMachine(world.ctx, request, [step])).rejects.toMatchObject({ code: "NO_MASTER" });
    expect(await world.inventory()).toEqual([]);
  });
});

/** The points at which a create can end badly. */
const failures: Record<string, (world: MachineWorld, error: Error) => Partial<MachineContext>> = {
  "the driver's create": (world, error) => {
    world.provider.fail("create", error);
    return {};
  },
  "the wait for SSH": (world, error) => ({
    sshTools: { ...world.ctx.sshTools, waitForBanner: () => Promise.reject(error) },
  }),
  "the connection": (world, error) => ({ ssh: { ...world.ctx.ssh, connect: () => Promise.reject(error) } }),
  "the provisioner": (_world, error) => ({ provision: () => Promise.reject(error) }),
  "the wait for the engine": (_world, error) => ({ probe: () => Promise.reject(error) }),
};

describe("a create that fails in", () => {
  it.each(Object.keys(failures))("%s leaves nothing behind and tells the reason", async (where) => {
    await using world = await machineWorld({ seeded: true });
    const error = new AppError("BROKEN", "it broke");
    const ctx = { ...world.ctx, ...failures[where]?.(world, error) };
    await expect(createMachine(ctx, requestOf(world))).rejects.toBe(error);
    expect([...world.provider.resources]).toEqual([]);
    expect(world.provider.settled).toEqual([true]);
    expect(world.provider.hosts.size).toBe(0);
    expect(await world.inventory()).toEqual([...certificates, "machines"]);
    expect(world.connections.closed).toBe(world.connections.opened);
  });

  it.each(Object.keys(failures))("%s keeps all with --keep, and rm takes it away", async (where) => {
    await using world = await machineWorld({ seeded: true });
    const ctx = { ...world.ctx, ...failures[where]?.(world, new AppError("BROKEN", "it broke")) };
    await expect(createMachine(ctx, requestOf(world, { keep: true }))).rejects.toMatchObject({
      code: "BROKEN",
      hint: "what was made is kept; machine rm -f a removes it",
    });
    expect(world.provider.resources.size).toBe(2);
    expect(await world.ctx.store.readJournal("a")).toMatchObject({ failure: "it broke" });
    const { removeMachines } = await import("../../../src/machine/remove.ts");
    expect(await removeMachines(world.ctx, ["a"], { force: true })).toEqual([]);
    expect([...world.provider.resources]).toEqual([]);
    expect(await world.inventory()).toEqual([...certificates, "machines"]);
  });

  it("a program that was cut off is waited for by the removal: it may be at work still", async () => {
    await using world = await machineWorld({ seeded: true });
    const output = { stdout: "", stderr: "" };
    world.provider.fail("create", new RunError("timeout", "tool make", "tool make did not end", output));
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toThrow(/did not end/);
    expect(world.provider.settled).toEqual([false]);
  });

  it("an added step leaves nothing behind", async () => {
    await using world = await machineWorld({ seeded: true });
    const step = swarmStep(() => Promise.reject(new AppError("UNHEALTHY", "no")));
    const request = requestOf(world, { swarm: { Agent: true } });
    await expect(createMachine(world.ctx, request, [step])).rejects.toMatchObject({ code: "UNHEALTHY" });
    expect(await world.inventory()).toEqual([...certificates, "machines"]);
  });

  it("something whose host cannot be removed either keeps the directory and says how to go on", async () => {
    await using world = await machineWorld({ seeded: true });
    world.provider.fail("create", new AppError("BROKEN", "it broke"));
    world.provider.fail("remove", new AppError("STUCK", "locked"));
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toMatchObject({ code: "BROKEN" });
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringMatching(/locked.*machine rm -f a/) }),
    );
    expect(await world.ctx.store.readJournal("a")).toMatchObject({
      resources: [{ kind: "disk" }, { kind: "vm" }],
    });
  });
});
