import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HaWorld, type Program } from "../support/ha-world.ts";

const ports = [3376, 3377] as const;
type Port = (typeof ports)[number];
const other = (port: Port): Port => (port === ports[0] ? ports[1] : ports[0]);

let world: HaWorld;
let etcd: Program;
const managers = new Map<Port, Program>();
const names: string[] = [];

beforeAll(async () => {
  world = await HaWorld.open();
  etcd = await world.etcd();
  for (const host of world.hosts) world.agent(host);
  for (const port of ports) managers.set(port, world.manager(port));
});

afterAll(async () => {
  await world?.close();
});

async function primary(): Promise<Port> {
  let found: Port | undefined;
  await world.until("there is one primary and one replica", async () => {
    const [first, second] = await Promise.all(ports.map((port) => world.role(port)));
    found = first === "primary" ? ports[0] : ports[1];
    return (first === "primary" && second === "replica") || (first === "replica" && second === "primary");
  });
  return found ?? ports[0];
}

async function end(port: Port, signal: NodeJS.Signals): Promise<void> {
  await managers.get(port)?.end(signal);
}

/** Creates through both managers until all are there; the names of those made. */
async function createAll(prefix: string, count: number, meanwhile?: () => Promise<void>): Promise<string[]> {
  const wanted = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const load = world.load(ports, wanted, 6);
  const made = () => load.lines.filter((line) => line.startsWith("made "));
  if (meanwhile !== undefined) {
    await world.until("some are made", async () => made().length >= count / 4);
    await meanwhile();
  }
  await world.until("all are made", async () => made().length === count || load.child.exitCode !== null);
  expect(made().length, load.lines.join("\n")).toBe(count);
  names.push(...wanted);
  return load.lines;
}

/** Each container is on one engine, once, and both managers list just these. */
async function expectNothingTwiceNothingLost(): Promise<void> {
  const onEngines = (await Promise.all(world.hosts.map((host) => world.onEngine(host)))).flat().sort();
  expect(onEngines).toEqual([...names].sort());
  for (const port of ports) {
    await world.until(`the manager at ${port} lists them`, async () => {
      const listed = (await world.listed(port)).map(({ Names }) => Names[0]?.split("/").at(-1) ?? "").sort();
      return JSON.stringify(listed) === JSON.stringify(onEngines);
    });
  }
}

describe.sequential("two managers over three engines", () => {
  it("agree on a primary and see every node", async () => {
    await primary();
    for (const port of ports) await world.untilHealthy(port);
    await createAll("first", 12);
    await expectNothingTwiceNothingLost();
  });

  it("the primary killed amid creates: tried again they succeed, none is made twice, none is lost", async () => {
    const killed = await primary();
    await createAll("amid", 40, () => end(killed, "SIGKILL"));
    expect(await world.role(other(killed))).toBe("primary");
    managers.set(killed, world.manager(killed));
    expect(await primary()).toBe(other(killed));
    await world.untilHealthy(killed);
    await expectNothingTwiceNothingLost();
  });

  it("a node cut off is Unhealthy and gets nothing; joined again it is Healthy and its state is right", async () => {
    const port = await primary();
    const [, host] = world.hosts;
    if (host === undefined) throw new Error("there is no second host");
    const [gone] = await world.onEngine(host);
    await host.cut();
    await world.until("it is Unhealthy", async () => (await world.status(port, host)) === "Unhealthy");
    const before = await world.onEngine(host);
    await createAll("cut", 6);
    expect(await world.onEngine(host)).toEqual(before);
    await world.docker(host, "rm", "-f", gone ?? "");
    names.splice(names.indexOf(gone ?? ""), 1);
    await host.join();
    for (const each of ports) await world.untilHealthy(each);
    await expectNothingTwiceNothingLost();
  });

  it("an engine that stops and comes again keeps its containers, and they can be started", async () => {
    const port = await primary();
    const [host] = world.hosts;
    if (host === undefined) throw new Error("there is no first host");
    await host.engine.stop();
    await world.until("it is Unhealthy", async () => (await world.status(port, host)) === "Unhealthy");
    await host.restart();
    for (const each of ports) await world.untilHealthy(each);
    await expectNothingTwiceNothingLost();
    const [name] = await world.onEngine(host);
    await world.ask(other(port), `/v1.41/containers/${name}/start`, "POST");
    await world.until("it runs", async () =>
      (await world.listed(port)).some(
        ({ Names, State }) => Names[0]?.endsWith(`/${name}`) && State === "running",
      ),
    );
  });

  it("etcd killed and started again: nodes stay, one primary comes back, creates go on", async () => {
    await primary();
    await etcd.end("SIGKILL");
    await world.until("no manager is primary without the store", async () => {
      const roles = await Promise.all(ports.map((port) => world.role(port)));
      return !roles.includes("primary");
    });
    etcd = await world.etcd();
    const port = await primary();
    await world.untilHealthy(port);
    await createAll("etcd", 6);
    await expectNothingTwiceNothingLost();
  });

  it("a primary told to stop amid creates is followed, and comes back as a replica", async () => {
    const stopped = await primary();
    await createAll("stop", 24, () => end(stopped, "SIGTERM"));
    managers.set(stopped, world.manager(stopped));
    expect(await primary()).toBe(other(stopped));
    await world.untilHealthy(stopped);
    await expectNothingTwiceNothingLost();
  });
});
