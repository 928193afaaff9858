import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchMachine } from "../support/interrupted.ts";
import { type Inventory, inventoryOf } from "../support/inventory.ts";
import { type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";
import { seededRandom } from "../support/seeded.ts";

let world: MachineLab;
let before: Inventory;

/** More chains of kills: npm run soak. */
const rounds = Number(process.env["MACHINE_SOAK_ROUNDS"] ?? "0");

beforeAll(async () => {
  world = await openMachineLab();
});

afterAll(async () => {
  await world?.close();
});

const create = (masters: number, nodes: number, name: string) => [
  ...["cluster", "create", "-d", "docker", "--masters", String(masters), "--nodes", String(nodes), name],
];

/** The cluster's id, which stands in its plan from the first second on. */
function discoveryOf(name: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(world.store, ".machine", "clusters", `${name}.json`), "utf8"))
      .discovery;
  } catch {
    return undefined; // killed before it was planned
  }
}

/** Runs the command once for each time and kills it then; @returns what all of them printed */
async function killedAt(times: readonly number[], args: readonly string[], name: string): Promise<string> {
  const ids = new Set<string>();
  let printed = "";
  for (const ms of times) {
    const run = watchMachine(world, args);
    await Promise.race([delay(ms), run.ended]);
    run.child.kill("SIGKILL");
    const ended = await run.ended;
    printed += `--- after ${ms} ms: ${ended}\n${run.printed()}`;
    expect(["SIGKILL", 0], printed).toContain(ended);
    const id = discoveryOf(name);
    if (id !== undefined) ids.add(id);
  }
  expect(ids.size, printed).toBeLessThanOrEqual(1);
  return printed;
}

/** The nodes that the manager reports Healthy. */
async function healthyNodes(name: string): Promise<string> {
  const { stdout } = await world.bash(
    `eval "$(machine cluster env ${name})"; docker info 2>/dev/null | grep -c 'Status: Healthy'`,
  );
  return stdout.trim();
}

async function expectWhole(name: string, machines: readonly string[], printed: string): Promise<void> {
  const id = discoveryOf(name);
  const status = JSON.parse(await world.ok("cluster", "inspect", name));
  expect(status, printed).toMatchObject({ name, state: "Ready", discovery: id, missing: [] });
  const listed = await world.ok("ls", "--format", "{{.Name}} {{.State}}{{.Error}}");
  expect(listed, printed).toBe(machines.map((one) => `${one} Running\n`).join(""));
  for (const one of machines) {
    const { HostOptions } = JSON.parse(await world.ok("inspect", one));
    expect(HostOptions.SwarmOptions.Discovery, printed).toBe(id);
  }
  expect(await healthyNodes(name), printed).toBe(String(machines.length));
}

async function expectGone(name: string, printed: string): Promise<void> {
  const removal = await world.machine("cluster", "rm", "-y", name);
  expect(removal.exitCode, `${printed}\n${told("cluster rm", removal)}`).toBe(0);
  expect(await inventoryOf(world), `${printed}\n${told("cluster rm", removal)}`).toEqual(before);
  expect(await world.ok("cluster", "ls", "-q")).toBe("");
}

/** Times spread over a run of `totalMs`: one in each of as many equal parts. */
function spread(count: number, totalMs: number, next: () => number): number[] {
  return Array.from({ length: count }, (_, part) => Math.round(((part + next()) / count) * totalMs));
}

describe.sequential("a cluster create that is killed with -9 again and again", () => {
  let wholeMs = 0;

  it("a first one says how long it takes, and leaves nothing after rm", async () => {
    before = await inventoryOf(world);
    const since = performance.now();
    await world.ok(...create(1, 2, "first"));
    wholeMs = performance.now() - since;
    await expectGone("first", "");
  });

  it.each(Array.from({ length: rounds || 1 }, (_, round) => round))(
    "one master and two nodes: the same command finishes the same cluster (chain %i)",
    async (round) => {
      const args = create(1, 2, "duo");
      const printed = await killedAt(spread(4, wholeMs, seededRandom(31 + round)), args, "duo");
      const last = await world.machine(...args);
      expect(last.exitCode, `${printed}\n${told("the last one", last)}`).toBe(0);
      await expectWhole("duo", ["duo-master", "duo-node-01", "duo-node-02"], printed);
      await expectGone("duo", printed);
    },
  );

  it.each(Array.from({ length: rounds || 1 }, (_, round) => round))(
    "three masters: the same command finishes the same cluster (chain %i)",
    async (round) => {
      const args = create(3, 1, "trio");
      const printed = await killedAt(spread(4, wholeMs * 1.5, seededRandom(57 + round)), args, "trio");
      const last = await world.machine(...args);
      expect(last.exitCode, `${printed}\n${told("the last one", last)}`).toBe(0);
      const masters = ["trio-master-01", "trio-master-02", "trio-master-03"];
      await expectWhole("trio", [...masters, "trio-node-01"], printed);
      await expectGone("trio", printed);
    },
  );

  it.each(Array.from({ length: (rounds || 1) * 2 }, (_, round) => round))(
    "rm removes what a killed one left (%i)",
    async (round) => {
      const at = seededRandom(83 + round)() * wholeMs;
      const printed = await killedAt([Math.max(1_000, Math.round(at))], create(1, 2, "half"), "half");
      await expectGone("half", printed);
    },
  );
});
