import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import { FakeSwarm } from "../../support/fake-swarm.ts";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

let world: MachineWorld;
let swarm: FakeSwarm;

beforeEach(async () => {
  world = await machineWorld({ seeded: true });
  swarm = new FakeSwarm(world);
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const machine = (line: string) => runMachine(line, { world, cluster: swarm.parts });
const names = () => world.ctx.store.names();

describe("cluster create", () => {
  it("makes masters and nodes, which know each other", async () => {
    const made = await machine("cluster create -d fake --masters 3 --nodes 1 trio");
    expect(made, made.stderr).toMatchObject({ exitCode: 0 });
    expect(await names()).toEqual(["trio-master-01", "trio-master-02", "trio-master-03", "trio-node-01"]);
    expect(swarm.etcd.membersAt("trio-master-02")).toHaveLength(3);
    const { stdout } = await machine("cluster inspect trio");
    expect(JSON.parse(stdout)).toMatchObject({ state: "Ready", missing: [] });
  });

  it.each([
    ["an unknown strategy", "--swarm-strategy nosuch", /--swarm-strategy/],
    ["an unknown discovery", "--swarm-discovery nosuch://x", /"nosuch"/],
    ["an option with dashes", "--swarm-opt=--heartbeat=5s", /without dashes: --swarm-opt heartbeat=5s/],
    ["an unknown option of the agent", "--swarm-join-opt tll=30s", /did you mean ttl\?/],
    ["less than no machine at a time", "--parallel=-1", /--parallel/],
    ["a number that is none", "--fake-size big", /--fake-size/],
  ])("%s is refused before anything is planned", async (_what, flags, text) => {
    const run = await machine(`cluster create -d fake ${flags} bad`);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(text);
    expect(world.provider.calls).toEqual([]);
    expect(await world.inventory()).not.toContain(".machine/clusters/bad.json");
    expect((await machine("cluster ls -q")).stdout).toBe("");
  });

  it("tells which machines failed and why; again, it makes those that are missing", async () => {
    world.provider.hooks.set("create", (name) => {
      if (name.endsWith("node-01")) throw new AppError("BROKEN", "the disk broke");
    });
    const run = await machine("cluster create -d fake part");
    world.provider.hooks.clear();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("made: part-master, part-node-02; failed: part-node-01\n");
    expect(run.stderr).toContain("part-node-01: the disk broke\n");
    expect(run.stderr).toContain("machine cluster create with the same arguments makes what is missing");
    expect((await machine("cluster create -d fake part")).exitCode).toBe(0);
    expect(await names()).toEqual(["part-master", "part-node-01", "part-node-02"]);
  });

  it("again, it waits for the others too, and tells of those that are off", async () => {
    await machine("cluster create -d fake --nodes 1 demo");
    await machine("stop demo-node-01");
    const again = await machine("cluster create -d fake --nodes 2 demo");
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain("machine cluster repair demo brings it back");
    swarm.on("demo-node-02").delete("swarm-agent");
    const broken = await machine("cluster create -d fake --nodes 2 demo");
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain('does not report "demo-node-02" as Healthy');
  });

  it("leaves no plan where no machine could be made", async () => {
    world.provider.fail("preCreateCheck", new AppError("NO_TOOL", "the tool is missing"));
    const run = await machine("cluster create -d fake none");
    world.provider.hooks.clear();
    expect(run.exitCode).toBe(3);
    expect((await machine("cluster ls -q")).stdout).toBe("");
    expect((await machine("cluster create -d fake --masters 3 none")).exitCode).toBe(0);
  });
});

describe("further machines of a cluster", () => {
  const sizeOf = async (name: string) => (await world.ctx.store.get(name)).Driver["Size"];
  const labelsOf = async (name: string) =>
    (await world.ctx.store.get(name)).HostOptions.EngineOptions.Labels.join();

  it("get the flags that it was made with, and those of the command before them", async () => {
    await machine("cluster create -d fake --nodes 1 --fake-size 3 --engine-label tier=a demo");
    await machine("cluster scale --nodes 2 demo");
    await machine("cluster scale --nodes 3 --fake-size 4 demo");
    world.provider.hosts.delete("demo-node-01");
    await machine("cluster repair demo");
    expect(await sizeOf("demo-node-02")).toBe(3);
    expect(await sizeOf("demo-node-03")).toBe(4);
    expect(await sizeOf("demo-node-01")).toBe(3);
    expect(await labelsOf("demo-node-01")).toBe("tier=a");
  });

  it("are made by its driver alone", async () => {
    await machine("cluster create -d fake --nodes 0 demo");
    const other = await machine("cluster scale -d nosuch --nodes 1 demo");
    expect(other.exitCode).not.toBe(0);
    expect(await names()).toEqual(["demo-master"]);
  });

  it("keep the names that they have after masters were changed, also when create is run again", async () => {
    await machine("cluster create -d fake --nodes 2 demo");
    await machine("cluster promote demo-node-01");
    const other = await machine("cluster create -d fake --nodes 2 demo");
    expect(other.stderr).toContain('the cluster "demo" exists, with --masters 2');
    expect((await machine("cluster create -d fake --masters 2 --nodes 2 demo")).exitCode).toBe(0);
    expect(await names()).toEqual(["demo-master", "demo-node-01", "demo-node-02", "demo-node-03"]);
  });
});
