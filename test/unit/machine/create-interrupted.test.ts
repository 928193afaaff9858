import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import { type CreateRequest, type CreateStep, createMachine } from "../../../src/machine/create.ts";
import { CreateJournal } from "../../../src/machine/create-journal.ts";
import type { Journal } from "../../../src/store/journal.ts";
import type { Store } from "../../../src/store/store.ts";
import { deferred } from "../../support/deferred.ts";
import { flagsOf, type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { sampleRecord } from "../../support/sample-record.ts";

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

/** A store that stops the world at the n-th write of a journal, as a kill would: nothing after it happens. */
function killedAt(store: Store, writes: number): { store: Store; killed: Promise<void> } {
  const killed = deferred();
  let count = 0;
  const stop = async () => {
    count += 1;
    if (count < writes) return;
    killed.resolve();
    await new Promise(() => undefined); // for ever
  };
  const dying: Store = Object.create(store);
  dying.reserve = async (record, journal) => {
    await store.reserve(record, journal);
    await stop();
  };
  dying.writeJournal = async (name, journal) => {
    await store.writeJournal(name, journal);
    await stop();
  };
  // the lock of a killed process is taken by the next at once
  dying.withMachineLock = (_name, task) => task();
  return { store: dying, killed: killed.promise };
}

/** Number of journal writes of a whole create: reserve, host (begin, two resources, done), three steps, the Swarm's. */
const journalWrites = 1 + 4 + 3 * 2 + 2;

async function killedCreate(world: MachineWorld, writes: number): Promise<void> {
  const { store, killed } = killedAt(world.ctx.store, writes);
  const dying = createMachine({ ...world.ctx, store }, requestOf(world, { swarm: { Agent: true } }), [
    swarmStep(),
  ]);
  await Promise.race([killed, dying.then(() => Promise.reject(new Error("the create ended")))]);
}

const everyWrite = Array.from({ length: journalWrites }, (_, index) => index + 1);

describe("a create that was killed at journal write", () => {
  it.each(everyWrite)("%i is removed by rm", async (writes) => {
    await using world = await machineWorld({ seeded: true });
    await killedCreate(world, writes);
    const { removeMachines } = await import("../../../src/machine/remove.ts");
    await removeMachines(world.ctx, ["a"], { force: false });
    expect([...world.provider.resources]).toEqual([]);
    expect(world.provider.hosts.size).toBe(0);
    expect(await world.inventory()).toEqual([...certificates, "machines"]);
  });

  it.each(everyWrite)("%i is brought to its end by the same create again", async (writes) => {
    await using world = await machineWorld({ seeded: true });
    await killedCreate(world, writes);
    const hostWasDone = (await world.ctx.store.readJournal("a"))?.done.includes("host") === true;
    world.provider.calls.length = 0;
    const request = requestOf(world, { swarm: { Agent: true } });
    await createMachine(world.ctx, request, [swarmStep()]);
    const made = world.provider.calls.filter((call) => call !== "preCreateCheck a");
    expect(made).toEqual(hostWasDone ? [] : ["remove a", "create a"]);
    expect(await world.ctx.store.readJournal("a")).toBeUndefined();
    expect([...world.provider.resources].sort()).toEqual(["disk:a", "vm:a"]);
    expect(await world.ctx.store.exists("a")).toBe(true);
  });

  it.each([2, 6, journalWrites])("%i is cleaned and redone by another create of the name", async (writes) => {
    await using world = await machineWorld({ seeded: true });
    await killedCreate(world, writes);
    await createMachine(world.ctx, requestOf(world, { engine: { Labels: ["new=1"] } }));
    expect(world.provider.calls.filter((call) => call.startsWith("remove"))).toEqual(["remove a"]);
    expect((await world.ctx.store.get("a")).HostOptions.EngineOptions.Labels).toEqual(["new=1"]);
  });
});

describe("a create that is aborted", () => {
  it.each(everyWrite)("at journal write %i leaves nothing behind", async (writes) => {
    const aborter = new AbortController();
    const reason = new AppError("INTERRUPTED", "interrupted");
    await using world = await machineWorld({ signal: aborter.signal, seeded: true });
    let count = 0;
    const store: Store = Object.create(world.ctx.store);
    const touch = () => {
      count += 1;
      if (count === writes) aborter.abort(reason);
    };
    store.reserve = async (record, journal) => {
      await world.ctx.store.reserve(record, journal);
      touch();
    };
    store.writeJournal = async (name, journal) => {
      await world.ctx.store.writeJournal(name, journal);
      touch();
    };
    const request = requestOf(world, { swarm: { Agent: true } });
    const made = createMachine({ ...world.ctx, store }, request, [swarmStep()]);
    await expect(made).rejects.toBe(reason);
    expect(world.provider.settled).toEqual([false]);
    expect([...world.provider.resources]).toEqual([]);
    expect(world.provider.hosts.size).toBe(0);
    expect(await world.inventory()).toEqual([...certificates, "machines"]);
  });

  it("before it begins makes nothing", async () => {
    await using world = await machineWorld({ signal: AbortSignal.abort(new AppError("INTERRUPTED", "x")) });
    await expect(createMachine(world.ctx, requestOf(world))).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await world.inventory()).toEqual([]);
  });
});

it("a driver is told what other creates announced that have not finished", async () => {
  await using world = await machineWorld({ seeded: true });
  const { store } = world.ctx;
  const journal = (...ids: readonly string[]): Journal => ({
    version: 1,
    step: "host",
    done: [],
    resources: ids.map((id) => ({ kind: "network", id })),
    fingerprint: "",
    startedAt: 0,
  });
  for (const name of ["own", "other", "finished"]) {
    await store.reserve(sampleRecord(store.root, name), journal(`of ${name}`));
  }
  await store.removeJournal("finished");
  const own = new CreateJournal(store, "own", journal("of own"));
  expect(await own.othersMaking()).toEqual([{ kind: "network", id: "of other" }]);
});

it("leftovers of a reserve that was killed are replaced", async () => {
  await using world = await machineWorld({ seeded: true });
  const draft = join(world.ctx.store.root, "machines", ".a.new");
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, "config.json"), "{");
  await createMachine(world.ctx, requestOf(world));
  await expect(stat(draft)).rejects.toThrow("ENOENT");
});
