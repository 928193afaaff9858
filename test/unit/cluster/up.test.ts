import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeSwarm } from "../../support/fake-swarm.ts";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

let world: MachineWorld;
let swarm: FakeSwarm;
let file: string;

beforeEach(async () => {
  world = await machineWorld({ seeded: true });
  swarm = new FakeSwarm(world);
  file = join(world.ctx.store.root, "..", "compose.yaml");
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const machine = (line: string) => runMachine(line, { world, cluster: swarm.parts });

/** Runs `up` on a file with one cluster; @returns the plan that it showed */
async function up(masters: number, nodes: number, more = ""): Promise<string[]> {
  const head = `x-machine:\n  clusters:\n    shop:\n      driver: fake\n      masters: ${masters}\n      nodes: ${nodes}\n`;
  await writeFile(file, `${head}${more}services: {}\n`);
  const run = await machine(`up --yes --machines-only -f ${file}`);
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  return run.stderr.split("\n").filter((line) => /^ {2}\S/.test(line));
}

async function expectSettled(masters: number, nodes: number, more = ""): Promise<void> {
  expect(await up(masters, nodes, more)).toEqual([]);
  const status = JSON.parse((await machine("cluster inspect shop")).stdout);
  expect(status).toMatchObject({ state: "Ready", missing: [] });
}

/** Its machines by role, in the order of their names. */
async function roles(): Promise<Record<string, string[]>> {
  const { members } = JSON.parse((await machine("cluster inspect shop")).stdout);
  const having = (role: string) =>
    members.filter((one: { role: string }) => one.role === role).map(({ name }: { name: string }) => name);
  return { master: having("master"), node: having("node") };
}

describe("up with another number of masters", () => {
  it("makes further machines first, and masters of the last nodes", async () => {
    await up(1, 2);
    expect(await up(3, 2)).toEqual([
      "  change cluster shop: 4 nodes instead of 2",
      "  make shop-node-03, shop-node-04 masters of cluster shop",
    ]);
    expect(await roles()).toEqual({
      master: ["shop-master", "shop-node-03", "shop-node-04"],
      node: ["shop-node-01", "shop-node-02"],
    });
    expect(swarm.etcd.membersAt("shop-master")).toHaveLength(3);
    await expectSettled(3, 2);
  });

  it("makes masters of nodes that the file does not want as nodes any more", async () => {
    await up(1, 3);
    expect(await up(2, 1)).toEqual([
      "  make shop-node-03 a master of cluster shop",
      "  remove shop-node-02 from cluster shop",
    ]);
    expect(await roles()).toEqual({ master: ["shop-master", "shop-node-03"], node: ["shop-node-01"] });
    await expectSettled(2, 1);
  });

  it("makes nodes of the last masters, and removes these where there are nodes enough", async () => {
    await up(3, 2);
    expect(await up(1, 3)).toEqual([
      "  make shop-master-02, shop-master-03 nodes of cluster shop",
      "  remove shop-master-03 from cluster shop",
    ]);
    expect(await roles()).toEqual({
      master: ["shop-master-01"],
      node: ["shop-master-02", "shop-node-01", "shop-node-02"],
    });
    expect(swarm.etcd.membersAt("shop-master-01")).toEqual(["shop-master-01"]);
    await expectSettled(1, 3);
  });

  it("refuses it over a discovery of the user's own", async () => {
    const own = "      discovery: etcd://192.0.2.1:2379/own\n";
    await up(1, 0, own);
    await writeFile(
      file,
      `x-machine:\n  clusters:\n    shop:\n      driver: fake\n      masters: 2\n      nodes: 0\n${own}`,
    );
    const run = await machine(`up --yes --machines-only -f ${file}`);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/compose.yaml:4:7: the cluster "shop" has 1 master, not 2/);
  });
});

describe("up with other options of machines that are there", () => {
  it("changes labels on every machine, one after the other, and nothing the next time", async () => {
    await up(1, 1, "      labels: { tier: front }\n");
    const plan = await up(1, 1, "      labels: { tier: back, zone: a }\n");
    expect(plan).toEqual(
      ["shop-master", "shop-node-01"].flatMap((name) => [
        `  change ${name}: engine-label tier=front → tier=back, zone=a`,
        `  restart the engine of ${name}; its containers without a restart policy stop`,
      ]),
    );
    for (const name of ["shop-master", "shop-node-01"]) {
      const { EngineOptions } = (await world.ctx.store.get(name)).HostOptions;
      expect(EngineOptions.Labels).toEqual(["tier=back", "zone=a"]);
    }
    await expectSettled(1, 1, "      labels: { zone: a, tier: back }\n");
    await machine("cluster scale --nodes 2 shop");
    expect((await world.ctx.store.get("shop-node-02")).HostOptions.EngineOptions.Labels).toContain(
      "tier=back",
    );
    await machine("cluster scale --nodes 1 shop");
    // what the file does not name any more is left as it is
    await expectSettled(1, 1);
  });

  it("gives the manager another strategy, without a restart of the engine", async () => {
    await up(1, 0, "      strategy: spread\n");
    const before = world.provisioned.length;
    expect(await up(1, 0, "      strategy: binpack\n")).toEqual([
      "  change shop-master: swarm-strategy spread → binpack",
    ]);
    expect(swarm.words("shop-master", "swarm-agent-master").join(" ")).toContain("--strategy binpack");
    expect(world.provisioned).toHaveLength(before);
    await expectSettled(1, 0, "      strategy: binpack\n");
  });

  it("says what only a new machine can have, and goes on", async () => {
    await up(1, 0);
    const plan = await up(1, 0, "      flags: { fake-size: 5 }\n");
    expect(plan).toEqual([
      "  ! shop-master: Size: 1, not 5 (only a new machine can have that: machine rm shop-master, then machine up)",
    ]);
  });

  it("a node that it makes has the file's labels, and a further up nothing to do", async () => {
    const labels = "      labels: { tier: front }\n";
    await up(1, 0, labels);
    expect(await up(1, 1, labels)).toEqual(["  change cluster shop: 1 node instead of 0"]);
    expect((await world.ctx.store.get("shop-node-01")).HostOptions.EngineOptions.Labels).toEqual([
      "tier=front",
    ]);
    await expectSettled(1, 1, labels);
  });
});

describe("up on a cluster that is not whole", () => {
  it("starts what is off and makes anew what is gone", async () => {
    await up(1, 2);
    await machine("stop shop-node-01");
    world.provider.hosts.delete("shop-node-02");
    expect(await up(1, 2)).toEqual([
      "  repair cluster shop: start shop-node-01; make shop-node-02 anew: its host is gone",
    ]);
    await expectSettled(1, 2);
  });

  it("starts a single machine that is off", async () => {
    await writeFile(file, "x-machine:\n  machines:\n    db:\n      driver: fake\nservices: {}\n");
    const line = `up --yes --machines-only -f ${file}`;
    expect((await machine(line)).stderr).toContain("  create machine db\n");
    await machine("stop db");
    expect((await machine(line)).stderr).toContain("  start machine db\n");
    expect((await machine(line)).stderr).toContain("The machines are as the file wants them.");
  });

  it("finishes what an interrupted create left", async () => {
    world.provider.hooks.set("create", (name) => {
      if (name === "shop-node-01") throw new Error("the power went");
    });
    await writeFile(
      file,
      "x-machine:\n  clusters:\n    shop:\n      driver: fake\n      nodes: 1\nservices: {}\n",
    );
    expect((await machine(`up --yes --machines-only -f ${file}`)).exitCode).not.toBe(0);
    world.provider.hooks.clear();
    expect(await up(1, 1)).toEqual(["  finish cluster shop: make shop-node-01"]);
    await expectSettled(1, 1);
  });
});
