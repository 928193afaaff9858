import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atStep, type Moment, making, momentOf, printing, watchMachine } from "../support/interrupted.ts";
import { type Inventory, inventoryOf } from "../support/inventory.ts";
import { type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";
import { seededRandom } from "../support/seeded.ts";

let world: MachineLab;
let before: Inventory;

/** More rounds with every step and more seeded moments: npm run soak. */
const rounds = Number(process.env["MACHINE_SOAK_ROUNDS"] ?? "0");

beforeAll(async () => {
  world = await openMachineLab();
});

afterAll(async () => {
  await world?.close();
});

const standalone = ["create", "-d", "docker"];
const master = [...standalone, "--swarm", "--swarm-master"];

interface Kill {
  readonly what: string;
  readonly args: readonly string[];
  readonly moment: Moment;
  /** Waited after the moment, in ms. */
  readonly afterMs: number;
}

const kill = (what: string, moment: Moment, afterMs = 0, args = standalone): Kill => ({
  what,
  moment,
  afterMs,
  args,
});

/** Every point at which the create of a machine of a swarm may stand. */
const steps: readonly Kill[] = [
  kill("at the checks before anything is made", printing(/pre-create/i)),
  kill("when the name is reserved", atStep("reserve")),
  kill("when the first volume is announced", making("volume")),
  kill("when the network is announced", making("network")),
  kill("when the container is announced", making("container")),
  kill("while it waits for SSH", atStep("ssh")),
  kill("while it provisions", atStep("provision")),
  kill("while it waits for the engine", atStep("engine")),
  kill("while it starts the swarm containers", atStep("swarm"), 0, master),
  kill("while it waits for Healthy", atStep("swarm-healthy"), 0, master),
];

function seeded(count: number, seed: number): Kill[] {
  const next = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const afterMs = Math.round(next() * 6_000);
    return kill(
      `${afterMs} ms after its checks`,
      printing(/pre-create/i),
      afterMs,
      next() < 0.3 ? master : standalone,
    );
  });
}

const pick = (...texts: readonly string[]) =>
  steps.filter(({ what }) => texts.some((text) => what.includes(text)));

/** Starts a create and sends the signal at its moment; @returns how the create ended, and what it printed */
async function interrupted({ args, moment, afterMs }: Kill, name: string, signal: NodeJS.Signals) {
  const run = watchMachine(world, [...args, name]);
  await momentOf(world, name, run, moment);
  if (afterMs > 0) await Promise.race([delay(afterMs), run.ended]);
  run.child.kill(signal);
  return { ended: await run.ended, printed: run.printed() };
}

/** What `rm -f` says matters not: a machine that was not reserved yet is no machine. */
async function expectNothingAfterRemoval(name: string, printed: string): Promise<void> {
  const removal = await world.machine("rm", "-f", name);
  expect([0, 1], told("rm -f", removal)).toContain(removal.exitCode);
  expect(await inventoryOf(world), `${printed}\n${told("rm -f", removal)}`).toEqual(before);
}

describe.sequential("a create that is ended at any moment", () => {
  it("a first create loads the image and leaves nothing after rm", async () => {
    before = await inventoryOf(world);
    await world.ok(...standalone, "first");
    await world.ok("rm", "-f", "first");
    expect(await inventoryOf(world)).toEqual(before);
  });

  const killed =
    rounds > 0
      ? [...steps, ...seeded(rounds, 7)]
      : [...pick("reserved", "container is", "provisions"), ...seeded(1, 7)];

  it.each(killed)("kill -9 $what: rm -f leaves nothing", async (moment) => {
    const { printed } = await interrupted(moment, "killed", "SIGKILL");
    await expectNothingAfterRemoval("killed", printed);
  });

  const stopped =
    rounds > 0
      ? [...steps, ...seeded(rounds, 11)]
      : [...pick("first volume", "waits for SSH", "swarm containers")];

  it.each(stopped)("Ctrl-C $what: it cleans up by itself", async (moment) => {
    const { ended, printed } = await interrupted(moment, "stopped", "SIGINT");
    expect(ended, printed).toBe(130);
    expect(printed).toMatch(/^interrupted$/m);
    expect(await inventoryOf(world), printed).toEqual(before);
  });

  const resumed = rounds > 0 ? steps : pick("network is", "waits for the engine");

  it.each(resumed)("kill -9 $what: the same create finishes the work", async (moment) => {
    await interrupted(moment, "resumed", "SIGKILL");
    await world.ok(...moment.args, "resumed");
    expect((await world.ok("status", "resumed")).trim()).toBe("Running");
    expect(await world.ok("ls", "--format", "{{.Name}} {{.State}} {{.Error}}")).toBe("resumed Running \n");
    await expectNothingAfterRemoval("resumed", "");
  });

  it("a machine whose create was killed can be removed by rm -y as well, and ls shows the others", async () => {
    await interrupted(kill("", atStep("ssh")), "half", "SIGKILL");
    const list = await world.machine("ls", "-q");
    expect(list.stdout, told("ls", list)).toBe("half\n");
    await world.ok("rm", "-y", "half");
    expect(await inventoryOf(world)).toEqual(before);
  });
});

describe.sequential("several at once", () => {
  it("two creates at once on an empty store both work, and share one CA", async () => {
    await world.bash(`rm -rf ${world.store}`);
    await Promise.all([world.ok(...standalone, "left"), world.ok(...standalone, "right")]);
    const { stdout } = await world.bash(`set -e
      for name in left right; do eval "$(machine env $name)"; docker version --format "$name {{.Server.Os}}"; done
      cmp ${world.store}/machines/left/ca.pem ${world.store}/machines/right/ca.pem && echo one CA`);
    expect(stdout).toBe("left linux\nright linux\none CA\n");
    const again = await world.machine(...standalone, "left");
    expect(again.exitCode, told("create left", again)).toBe(1);
    expect(again.stderr).toMatch(/already a machine named "left"/);
    await world.ok("rm", "-y", "left", "right");
    expect(await inventoryOf(world)).toEqual(before);
  });

  it.each(["../x", "a b", "-x", ".x", "a/b", ""])(
    "the name %j is refused before anything is made",
    async (name) => {
      const run = await world.machine(...standalone, "--", name);
      expect([1, 2], told("create", run)).toContain(run.exitCode);
      expect(run.stderr).not.toMatch(/unexpected error|Creating/);
      expect(await inventoryOf(world)).toEqual(before);
    },
  );
});

describe.sequential("an unplugged network", () => {
  /** Ends within the limits that are set, and rolls back. */
  async function unplugged(name: string, moment: Moment, env: Record<string, string>) {
    const run = watchMachine(world, [...standalone, "--docker-network", `net-${name}`, name], env);
    await momentOf(world, name, run, moment);
    const cut = await world.bash(
      `id=$(docker network inspect -f '{{.Id}}' net-${name}) && ip link set br-$(echo $id | cut -c1-12) down`,
    );
    expect(cut.exitCode, told("ip link", cut)).toBe(0);
    const since = performance.now();
    const ended = await run.ended;
    return { ended, printed: run.printed(), seconds: (performance.now() - since) / 1000 };
  }

  it("ends the create within its deadline at each stage, with nothing left behind", async () => {
    const limits = { MACHINE_TIMEOUT_SSH: "4", MACHINE_TIMEOUT_ENGINE: "4" };
    const ends = await Promise.all([
      unplugged("at-ssh", printing(/Waiting for SSH/), limits),
      unplugged("at-provision", atStep("provision"), limits),
    ]);
    for (const { ended, printed, seconds } of ends) {
      expect(ended, printed).toBe(1);
      expect(printed).toMatch(/no SSH server answered|was lost|did not end within/);
      expect(seconds, printed).toBeLessThan(100);
    }
    expect(await inventoryOf(world)).toEqual(before);
  });
});
