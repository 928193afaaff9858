import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createMachine } from "../../../src/machine/create.ts";
import { type ClusterView, type ListQuery, listMachines, listNames } from "../../../src/machine/list.ts";
import type { HostRecord } from "../../../src/store/record.ts";
import { manualClock } from "../../support/fake-clock.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import {
  flagsOf,
  type MachineWorld,
  machineWorld,
  noClusters,
  type WorldOptions,
} from "../../support/machine-world.ts";
import { sampleRecord } from "../../support/sample-record.ts";

vi.mock("../../../src/certs/rsa-key.ts", async (load) =>
  (await import("../../support/few-keys.ts")).fewKeys(load),
);

interface Entry {
  state?: "Running" | "Stopped" | "Paused";
  driver?: string;
  labels?: readonly string[];
  master?: boolean;
}

/** A world whose store holds machines without anything having been created. */
async function worldOf(entries: Record<string, Entry>, options: WorldOptions = {}): Promise<MachineWorld> {
  const world = await machineWorld({ clock: manualClock(Date.now()), ...options });
  let address = 10;
  for (const [name, entry] of Object.entries(entries)) {
    address += 1;
    if (entry.state !== undefined)
      world.provider.hosts.set(name, { state: entry.state, ip: `192.0.2.${address}` });
    await writeRecord(world, recordOf(world, name, entry));
  }
  return world;
}

function recordOf(world: MachineWorld, name: string, entry: Entry): HostRecord {
  const sample = sampleRecord(world.ctx.store.root, name);
  const { EngineOptions, SwarmOptions } = sample.HostOptions;
  return {
    ...sample,
    DriverName: entry.driver ?? "fake",
    HostOptions: {
      ...sample.HostOptions,
      EngineOptions: { ...EngineOptions, Labels: entry.labels ?? [] },
      SwarmOptions: { ...SwarmOptions, Master: entry.master ?? false },
    },
  };
}

async function writeRecord(world: MachineWorld, record: HostRecord): Promise<void> {
  await mkdir(world.ctx.store.machineDir(record.Name), { recursive: true });
  await writeFile(join(world.ctx.store.machineDir(record.Name), "config.json"), JSON.stringify(record));
}

const query = (...filters: string[]): ListQuery => ({ filters, timeoutMs: 10_000 });
const namesOf = async (world: MachineWorld, ...filters: string[]) =>
  (await listMachines(world.ctx, query(...filters), noClusters)).map(({ name }) => name);

/** Every machine but the master belongs to the master "m". */
const oneCluster: ClusterView = {
  swarmColumn: (records) =>
    new Map(
      records.map(({ Name, HostOptions }) => [Name, HostOptions.SwarmOptions.Master ? "m (master)" : "m"]),
    ),
  swarmUrl: async ({ record }, url) =>
    record.HostOptions.SwarmOptions.Master ? url.replace(":2376", ":3376") : undefined,
};

describe("ls", () => {
  it("is empty on an empty store", async () => {
    await using world = await machineWorld();
    expect(await listMachines(world.ctx, query(), noClusters)).toEqual([]);
    expect(await listNames(world.ctx, query(), noClusters)).toEqual([]);
  });

  it("tells state, URL and engine of every machine, in natural order", async () => {
    await using world = await worldOf({ m10: { state: "Running" }, m9: { state: "Stopped" }, M2: {} });
    const rows = await listMachines(world.ctx, query(), noClusters);
    expect(
      rows.map(({ name, state, url, dockerVersion, active, error }) => [
        name,
        state,
        url,
        dockerVersion,
        active,
        error,
      ]),
    ).toEqual([
      ["M2", "NotFound", "", "Unknown", "-", ""],
      ["m9", "Stopped", "", "Unknown", "-", ""],
      ["m10", "Running", "tcp://192.0.2.11:2376", "v28.0.1", "-", ""],
    ]);
    expect(rows[0]?.swarmOptions?.Discovery).toBe("token://abc");
  });

  it("asks a driver once for a hundred machines", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`m${at}`, { state: "Stopped" as const }]),
    );
    await using world = await worldOf(many);
    expect(await listMachines(world.ctx, query(), noClusters)).toHaveLength(100);
    expect(world.provider.stateCalls).toBe(1);
  });

  it("opens each machine of a driver that cannot be asked for many", async () => {
    await using world = await worldOf(
      { a: { state: "Running" }, b: { state: "Paused" }, c: {} },
      { drivers: (provider) => [fakeDriver(provider, { batch: false })] },
    );
    const rows = await listMachines(world.ctx, query(), noClusters);
    expect(rows.map(({ state, url }) => [state, url])).toEqual([
      ["Running", "tcp://192.0.2.11:2376"],
      ["Paused", ""],
      ["NotFound", ""],
    ]);
  });

  it("marks the active machine and the active Swarm", async () => {
    const entries = { a: { state: "Running" }, m: { state: "Running", master: true } } as const;
    for (const [dockerHost, marks] of [
      ["tcp://192.0.2.11:2376", ["*", "-"]],
      ["tcp://192.0.2.12:3376", ["-", "* (swarm)"]],
      ["tcp://192.0.2.12:2376", ["-", "*"]],
      ["", ["-", "-"]],
    ] as const) {
      await using world = await worldOf(entries, { env: { DOCKER_HOST: dockerHost } });
      const rows = await listMachines(world.ctx, query(), oneCluster);
      expect(rows.map(({ active }) => active)).toEqual(marks);
      expect(rows.map(({ swarm }) => swarm)).toEqual(["m", "m (master)"]);
    }
  });

  it("lists what cannot be read with its reason, whatever the filters", async () => {
    await using world = await worldOf({ good: { state: "Stopped" } });
    await mkdir(world.ctx.store.machineDir("bad"), { recursive: true });
    await writeFile(join(world.ctx.store.machineDir("bad"), "config.json"), '{"ConfigVersion": 3,\n');
    const rows = await listMachines(world.ctx, query("name=good"), noClusters);
    expect(rows.map(({ name, driverName, state, active }) => [name, driverName, state, active])).toEqual([
      ["bad", "not found", "Error", ""],
      ["good", "fake", "Stopped", "-"],
    ]);
    expect(rows[0]?.error).toMatch(/^config\.json is not valid JSON: [^\n]*$/);
    expect(await listNames(world.ctx, query(), noClusters)).toEqual(["good"]);
  });

  it("lists machines of drivers that are not here", async () => {
    await using world = await worldOf({ cloud: { driver: "amazonec2" }, good: { state: "Stopped" } });
    const [cloud, good] = await listMachines(world.ctx, query(), noClusters);
    expect(cloud).toMatchObject({
      driverName: "not-found",
      state: "",
      error: expect.stringContaining("amazonec2"),
    });
    expect(good).toMatchObject({ state: "Stopped", error: "" });
  });

  it("gives each machine its own time", async () => {
    const clock = manualClock(Date.now());
    await using world = await worldOf({ fast: { state: "Running" }, slow: { state: "Running" } }, { clock });
    world.engines.set("tcp://192.0.2.12:2376", () => new Promise(() => undefined));
    const listed = listMachines(world.ctx, query(), oneCluster);
    await expect.poll(() => clock.waiting, { timeout: 20_000 }).toBe(1);
    await clock.advance(10_000);
    const [fast, slow] = await listed;
    expect(fast).toMatchObject({ state: "Running", dockerVersion: "v28.0.1" });
    expect(slow).toMatchObject({
      state: "Timeout",
      active: "",
      url: "",
      swarm: "",
      dockerVersion: "",
      error: "",
    });
  });

  it("takes no answer at all for a limit of 0", async () => {
    await using world = await worldOf({ a: { state: "Running" } });
    const [row] = await listMachines(world.ctx, { filters: [], timeoutMs: 0 }, noClusters);
    expect(row?.state).toBe("Timeout");
  });

  it("shows the error of a driver in the rows of its machines only", async () => {
    await using world = await worldOf(
      { a: {}, b: { driver: "other", state: "Stopped" } },
      {
        drivers: (provider) => [
          { ...fakeDriver(provider), states: () => Promise.reject(new Error("no VBoxManage\nhere")) },
          fakeDriver(provider, { name: "other" }),
        ],
      },
    );
    const rows = await listMachines(world.ctx, query(), noClusters);
    expect(rows.map(({ state, error }) => [state, error])).toEqual([
      ["Error", "no VBoxManage here"],
      ["Stopped", ""],
    ]);
  });

  it("says which certificate is the reason when an engine cannot be asked", async () => {
    await using world = await machineWorld({ seeded: true });
    await createMachine(world.ctx, { name: "a", driver: world.driver, flags: flagsOf(world.driver) });
    const { ProbeError } = await import("../../../src/machine/engine-probe.ts");
    world.engines.set("tcp://192.0.2.11:2376", () =>
      Promise.reject(new ProbeError("tls", "bad certificate")),
    );
    const ctx = { ...world.ctx, clock: manualClock(Date.now()) };
    const before = await listMachines(ctx, query(), noClusters);
    expect(before[0]?.error).toBe("Unable to query docker version: bad certificate");
    await rm(join(world.ctx.store.machineDir("a"), "server.pem"));
    const [row] = await listMachines(ctx, query(), noClusters);
    expect(row?.error).toMatch(/server certificate is missing; machine regenerate-certs a /);
    expect(row?.dockerVersion).toBe("Unknown");
  });

  it("tells of a create that did not finish", async () => {
    await using world = await worldOf({ a: { state: "Stopped" } });
    await writeFile(join(world.ctx.store.machineDir("a"), ".journal.json"), '{"step":"ssh"}');
    const [row] = await listMachines(world.ctx, query(), noClusters);
    expect(row?.error).toContain('has not finished (step "ssh")');
  });
});

describe("filters", () => {
  const entries: Record<string, Entry> = {
    dev1: { state: "Running", labels: ["tier=Web", "x"] },
    dev2: { state: "Stopped", labels: ["tier=db"] },
    prod: { state: "Running", driver: "Other", master: true },
  };
  const drivers: WorldOptions["drivers"] = (provider) => [
    fakeDriver(provider),
    fakeDriver(provider, { name: "Other" }),
  ];

  it.each<[string[], string[]]>([
    [["name=dev"], ["dev1", "dev2"]],
    [["name=^dev[12]$", "state=running"], ["dev1"]],
    [
      ["NAME=dev1", "name=prod"],
      ["dev1", "prod"],
    ],
    [["name=(?i)DEV2"], ["dev2"]],
    [["driver=other"], ["prod"]],
    [["state=RUNNING"], ["dev1", "prod"]],
    [
      ["state=Running", "state=stopped"],
      ["dev1", "dev2", "prod"],
    ],
    [["label=tier=web"], ["dev1"]],
    [["label=Tier=web"], []],
    [["label=tier"], ["dev1", "dev2"]],
    [["label=x"], ["dev1"]],
    [["state=paused"], []],
  ])("%j choose %j", async (filters, names) => {
    await using world = await worldOf(entries, { drivers });
    expect(await namesOf(world, ...filters)).toEqual(names);
    expect(await listNames(world.ctx, query(...filters), noClusters)).toEqual(names);
  });

  it("by Swarm take the master's name, whatever its case, and keep the column when the master is filtered out", async () => {
    await using world = await worldOf(entries, { drivers });
    const rows = await listMachines(world.ctx, query("swarm=M", "driver=fake"), oneCluster);
    expect(rows.map(({ name, swarm }) => [name, swarm])).toEqual([
      ["dev1", "m"],
      ["dev2", "m"],
    ]);
    expect(await listNames(world.ctx, query("swarm=other"), oneCluster)).toEqual([]);
  });

  it.each(["name", "colour=red", "name=("])("%j is refused", async (filter) => {
    await using world = await worldOf(entries, { drivers });
    await expect(listMachines(world.ctx, query(filter), noClusters)).rejects.toMatchObject({
      code: "FILTER_INVALID",
      exitCode: 1,
    });
  });

  it("without a state ask no driver for names", async () => {
    await using world = await worldOf(entries, { drivers });
    await listNames(world.ctx, query("name=dev"), noClusters);
    expect(world.provider.stateCalls).toBe(0);
  });
});
