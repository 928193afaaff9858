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
    ["no machine at a time", "--parallel 0", /--parallel/],
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

  it("leaves no plan where no machine could be made", async () => {
    world.provider.fail("preCreateCheck", new AppError("NO_TOOL", "the tool is missing"));
    const run = await machine("cluster create -d fake none");
    world.provider.hooks.clear();
    expect(run.exitCode).toBe(3);
    expect((await machine("cluster ls -q")).stdout).toBe("");
    expect((await machine("cluster create -d fake --masters 3 none")).exitCode).toBe(0);
  });
});
