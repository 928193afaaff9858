import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MachineState } from "../../../src/driver/driver.ts";
import { patientClock } from "../../support/fake-clock.ts";
import { FakeSwarm } from "../../support/fake-swarm.ts";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

let world: MachineWorld;
let swarm: FakeSwarm;

const masters = ["trio-master-01", "trio-master-02", "trio-master-03"] as const;
const [first, second, third] = masters;

beforeEach(async () => {
  world = await machineWorld({ seeded: true, clock: patientClock(10_000, Date.now()) });
  swarm = new FakeSwarm(world);
  await ok("cluster create -d fake --masters 3 --nodes 1 trio");
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const machine = (line: string) => runMachine(line, { world, cluster: swarm.parts });

async function ok(line: string): Promise<string> {
  const run = await machine(line);
  expect(run, `${line}\n${run.stderr}`).toMatchObject({ exitCode: 0 });
  return run.stdout + run.stderr;
}

function host(name: string) {
  const found = world.provider.hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
}

/** Each host gets the address of the next one. */
function rotate(names: readonly string[]): void {
  const addresses = names.map((name) => host(name).ip);
  for (const [index, name] of names.entries())
    host(name).ip = addresses[(index + 1) % addresses.length] ?? "";
}

async function expectWhole(): Promise<void> {
  const status = JSON.parse((await machine("cluster inspect trio")).stdout);
  expect(status).toMatchObject({ state: "Ready", missing: [] });
  for (const name of masters) {
    expect(swarm.etcd.membersAt(name)?.sort(), name).toEqual(masters);
    expect(swarm.words(name, "swarm-etcd").join(" ")).toContain(`https://${host(name).ip}:2380`);
    expect(swarm.words(name, "swarm-agent-master").join(" ")).toContain(`etcd3://${host(name).ip}:2379,`);
    const body = swarm.on(name).get("swarm-etcd")?.body;
    expect(body?.Env.join(" ")).not.toContain("FORCE_NEW_CLUSTER");
  }
  const urls = swarm.words("trio-node-01", "swarm-agent").at(-1);
  for (const name of masters) expect(urls).toContain(`${host(name).ip}:2379`);
}

describe("masters whose addresses have all changed", () => {
  it("are brought back by repair after a start in which none could find the others", async () => {
    await ok(`stop ${masters.join(" ")}`);
    rotate(masters);
    expect(await ok(`start ${masters.join(" ")}`)).toContain("machine cluster repair trio");
    for (const name of masters) expect(swarm.etcd.membersAt(name)).toBeUndefined();
    expect(await ok("cluster repair trio")).toContain(`their etcd goes on from the one on ${first}`);
    await expectWhole();
  });

  it("no agent signs off, at its old address, a machine that has that address now", async () => {
    await ok(`stop ${masters.join(" ")}`);
    rotate(masters);
    swarm.calls.length = 0;
    await ok("cluster repair trio");
    const agents = swarm.calls.filter((call) => call.endsWith(" swarm-agent") && call.includes("master"));
    expect(agents.map((call) => call.split(" ")[0])).toEqual([
      ...["remove", "remove", "remove"],
      ...["create", "create", "create"],
    ]);
  });

  it("are started by repair itself", async () => {
    await ok(`stop ${masters.join(" ")} trio-node-01`);
    rotate([...masters, "trio-node-01"]);
    await ok("cluster repair trio");
    await expectWhole();
  });

  it("are found by repair where they were started by other means", async () => {
    rotate(masters);
    await ok("cluster repair trio");
    await expectWhole();
    expect((await world.ctx.store.get(second)).Driver.IPAddress).toBe(host(second).ip);
  });

  it("a single one goes on by itself at its new address", async () => {
    await ok(`cluster demote ${second}`);
    await ok(`cluster demote ${third}`);
    await ok(`stop ${first}`);
    host(first).ip = "192.0.2.99";
    expect(await ok(`start ${first}`)).not.toContain("warning");
    expect(swarm.etcd.membersAt(first)).toEqual([first]);
    expect(swarm.words("trio-node-01", "swarm-agent").at(-1)).toContain("//192.0.2.99:2379/");
  });
});

describe("masters that are lost", () => {
  it("two of three: the third goes on with what it knows, and the others are made anew", async () => {
    for (const name of [first, third]) world.provider.hosts.delete(name);
    const said = await ok("cluster repair -d fake trio");
    expect(said).toContain(`goes on from the one on ${second}`);
    expect(said).not.toContain("still counted");
    await expectWhole();
  });

  it("nothing is begun anew while a master cannot be asked", async () => {
    const error: MachineState = "Error";
    host(first).state = error;
    host(second).state = error;
    const ids = swarm.etcd.data.get(third)?.id;
    const said = await machine("cluster repair trio");
    expect(said.stderr).toContain(`have no majority, and ${first}, ${second} cannot be asked`);
    expect(swarm.etcd.data.get(third)?.id).toBe(ids);
    host(first).state = "Running";
    host(second).state = "Running";
    await ok("cluster repair trio");
    await expectWhole();
  });

  it("rm takes a master out of the members", async () => {
    expect(await ok(`rm -y ${second}`)).not.toContain("still counted");
    expect(swarm.etcd.membersAt(first)?.sort()).toEqual([first, third]);
    await ok("cluster repair -d fake trio");
    await expectWhole();
  });

  it("rm says so where the member must stay, and repair takes it out later", async () => {
    await ok(`stop ${first} ${third}`);
    const said = await ok(`rm -y ${second}`);
    expect(said).toContain(`still counted in the etcd of its cluster, as ${first}, ${third} did not answer`);
    expect(said).toContain("machine cluster repair trio");
    await ok("cluster repair -d fake trio");
    await expectWhole();
  });
});
