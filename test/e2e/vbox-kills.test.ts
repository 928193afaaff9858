import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { labMissing } from "../lab/vbox/lab.ts";
import { atStep, type Moment, making, momentOf, printing } from "../support/interrupted.ts";
import { emulationLimits } from "../support/machine-lab.ts";
import { seededRandom } from "../support/seeded.ts";
import { type Ended, openVboxWorld, type VboxInventory, type VboxWorld } from "../support/vbox-world.ts";

const missing = labMissing();
const minute = 60_000;

/** npm run soak: more seeded moments, and those of machines that boot, which takes minutes each. */
const soakRounds = Number(process.env["MACHINE_SOAK_ROUNDS"] ?? "0");
const rounds = Math.max(soakRounds, 15);

interface Kill {
  readonly what: string;
  readonly moment: Moment;
  /** Waited after the moment: a part of the time from the checks to the boot. */
  readonly part: number;
  /** With an image that boots; then the part is one of two minutes. */
  readonly boots: boolean;
}

const kill = (what: string, moment: Moment, part = 0, boots = false): Kill => ({ what, moment, part, boots });

/** The interface has come to be, and the journal knows its name. */
const interfaceNamed: Moment = ({ journal }) =>
  journal?.resources.some(({ kind, id }) => kind === "hostonlyif" && /^vboxnet\d+$/.test(id)) ?? false;

/** Every point at which a create stands before the machine boots. */
const steps: readonly Kill[] = [
  kill("at the checks before anything is made", printing(/pre-create/)),
  kill("when the name is reserved", ({ journal }) => journal !== undefined),
  kill("when the host is begun", atStep("host")),
  kill("when the disk is announced", making("disk")),
  kill("when the VM is announced", making("vm")),
  kill("when an interface is announced", making("hostonlyif")),
  kill("when the interface is there", interfaceNamed),
  kill("when its address is announced", making("dhcplease")),
  kill("when the VM is started", printing(/starting the VM/)),
  kill("when the VM is on", printing(/waiting for the machine to boot/)),
];

/** Every point at which the create of a machine of a swarm stands once the machine boots. */
const bootedSteps: readonly Kill[] = [
  kill("while it waits for SSH", atStep("ssh"), 0, true),
  kill("while it provisions", atStep("provision"), 0, true),
  kill("while it waits for the engine", atStep("engine"), 0, true),
  kill("while it starts the swarm containers", atStep("swarm"), 0, true),
  kill("while it waits for Healthy", atStep("swarm-healthy"), 0, true),
];

function seededBooted(count: number, seed: number): Kill[] {
  const next = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const part = next();
    return kill(`${Math.round(part * 120)} s after power-on`, printing(/to boot/), part, true);
  });
}

/** Only where there is time for them. */
const ifSoaking = (kills: readonly Kill[]) => (soakRounds > 0 ? kills : []);

function seeded(count: number, seed: number): Kill[] {
  const next = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const part = next();
    return kill(`${Math.round(part * 100)} % of the way to the boot`, printing(/pre-create/), part);
  });
}

const told = (what: string, { exitCode, stdout, stderr }: Ended) =>
  `${what}: exit code ${exitCode}\n${stdout}\n${stderr}`;

describe.skipIf(missing !== undefined).sequential(`a VM's create that is ended ${missing ?? ""}`, () => {
  let world: VboxWorld;
  let before: VboxInventory;
  /** From the checks to the boot. */
  let wayMs = 0;

  beforeAll(async () => {
    world = await openVboxWorld();
    before = await world.inventory();
  }, 25 * minute);

  afterAll(async () => {
    await world?.lab.down();
  }, 2 * minute);

  beforeEach(async () => {
    await world.lab.setFaults([]);
  });

  const create = (name: string) => [
    ...["create", "-d", "virtualbox", "--virtualbox-boot2docker-url", world.emptyIso],
    ...["--virtualbox-memory", "64", "--virtualbox-disk-size", "100", "--virtualbox-no-share", name],
  ];

  const createBooting = (name: string) => ["create", "-d", "virtualbox", "--swarm", "--swarm-master", name];

  /** Starts a create and sends the signal at its moment; @returns how the create ended, and what it printed */
  async function interrupted(
    { moment, part, boots }: Kill,
    name: string,
    signal: NodeJS.Signals,
    to: "program" | "all",
  ) {
    const run = boots ? world.watch(createBooting(name), emulationLimits) : world.watch(create(name));
    try {
      const came = await momentOf(world, name, run, moment, boots ? 10 * minute : 2 * minute);
      expect(came, run.printed()).toBe(true);
    } catch (error) {
      await run.signal("SIGKILL", "all"); // the next test has the name
      throw error;
    }
    if (part > 0) await Promise.race([delay(part * (boots ? 2 * minute : wayMs)), run.ended]);
    await run.signal(signal, to);
    return { ended: await run.ended, printed: run.printed() };
  }

  /** What `rm -f` says matters not: a machine that was not reserved yet is no machine. */
  async function expectNothingAfterRemoval(name: string, printed: string): Promise<void> {
    const removal = await world.machine(["rm", "-f", name]);
    expect([0, 1], told("rm -f", removal)).toContain(removal.exitCode);
    expect(await world.inventory(), `${printed}\n${told("rm -f", removal)}`).toEqual(before);
  }

  /** The network that a finished machine made stays for the next one, as docker-machine leaves it. */
  async function expectOnlyNetworkAfterRemoval(name: string, printed: string): Promise<void> {
    const removal = await world.machine(["rm", "-f", name]);
    expect(removal.exitCode, told("rm -f", removal)).toBe(0);
    const after = await world.inventory();
    const { interfaces, dhcpServers, links } = after;
    expect(after, `${printed}\n${told("rm -f", removal)}`).toEqual({
      ...before,
      interfaces,
      dhcpServers,
      links,
    });
    expect(interfaces.length).toBeLessThanOrEqual(before.interfaces.length + 1);
    before = after;
  }

  it("a guest that never answers: one error with a hint within its limit, and nothing is left", async () => {
    const run = world.watch(create("silent"), { MACHINE_TIMEOUT_SSH: "2" });
    await momentOf(world, "silent", run, printing(/pre-create/));
    const since = performance.now();
    await momentOf(world, "silent", run, printing(/waiting for the machine to boot/));
    wayMs = performance.now() - since;
    expect(await run.ended, run.printed()).toBe(1);
    expect(run.printed()).toMatch(
      /^no SSH server answered at 127\.0\.0\.1:\d+ within 2 s.*\n.*MACHINE_TIMEOUT_SSH/m,
    );
    expect(await world.inventory(), run.printed()).toEqual(before);
  });

  it.each([...steps, ...seeded(rounds, 7)])("kill -9 $what: rm -f leaves nothing", async (moment) => {
    const { printed } = await interrupted(moment, "killed", "SIGKILL", "program");
    await expectNothingAfterRemoval("killed", printed);
  });

  it.each([...steps, ...seeded(rounds, 11)])("Ctrl-C $what: it cleans up by itself", async (moment) => {
    const { ended, printed } = await interrupted(moment, "stopped", "SIGINT", "all");
    expect(ended, printed).toBe(130);
    expect(printed).toMatch(/^interrupted$/m);
    expect(await world.inventory(), printed).toEqual(before);
  });

  const bootedKills = ifSoaking([...bootedSteps, ...seededBooted(soakRounds, 13)]);

  it.each(bootedKills)(
    "kill -9 of a machine that boots, $what: rm -f leaves nothing",
    async (moment) => {
      const { printed } = await interrupted(moment, "booted", "SIGKILL", "program");
      await expectNothingAfterRemoval("booted", printed);
    },
    20 * minute,
  );

  const bootedStops = ifSoaking([...bootedSteps, ...seededBooted(soakRounds, 17)]);

  it.each(bootedStops)(
    "Ctrl-C of a machine that boots, $what: it cleans up by itself",
    async (moment) => {
      const { ended, printed } = await interrupted(moment, "booted", "SIGINT", "all");
      if (ended === 0) return expectOnlyNetworkAfterRemoval("booted", printed); // it was done before
      expect(ended, printed).toBe(130);
      expect(await world.inventory(), printed).toEqual(before);
    },
    20 * minute,
  );

  it.each(ifSoaking(bootedSteps))(
    "kill -9 $what: the same create finishes the work",
    async (moment) => {
      await interrupted(moment, "booted", "SIGKILL", "program");
      const again = await world.machine(createBooting("booted"), emulationLimits);
      expect(again.exitCode, told("create", again)).toBe(0);
      expect((await world.machine(["status", "booted"])).stdout).toBe("Running\n");
      await expectOnlyNetworkAfterRemoval("booted", told("create", again));
    },
    30 * minute,
  );

  const lateCalls = [
    ["^createvm", making("vm")],
    ["^hostonlyif create", making("hostonlyif")],
    ["^dhcpserver modify", making("dhcplease")],
  ] as const;

  it.each(lateCalls)(
    "kill -9 in %s, which VirtualBox finishes only after rm -f looked: nothing is left",
    async (match, moment) => {
      await world.lab.setFaults([{ match, delayMs: 2_500 }]);
      const { printed } = await interrupted(kill("", moment), "late", "SIGKILL", "program");
      await expectNothingAfterRemoval("late", printed);
    },
  );

  it("Ctrl-C of two creates at once, on one new interface: nothing is left", async () => {
    const names = ["left", "right"];
    const runs = names.map((name) => ({ name, run: world.watch(create(name)) }));
    for (const { name, run } of runs) {
      expect(
        await momentOf(world, name, run, printing(/waiting for the machine to boot/)),
        run.printed(),
      ).toBe(true);
    }
    await Promise.all(runs.map(({ run }) => run.signal("SIGINT", "all")));
    for (const { run } of runs) expect(await run.ended, run.printed()).toBe(130);
    expect(await world.inventory(), runs.map(({ run }) => run.printed()).join("\n")).toEqual(before);
  });

  it("kill -9, then the same create: it removes what was left, begins anew and is undone whole", async () => {
    const { printed } = await interrupted(kill("", interfaceNamed), "again", "SIGKILL", "program");
    const again = await world.machine(create("again"), { MACHINE_TIMEOUT_SSH: "2" });
    expect(again.exitCode, told("create", again)).toBe(1);
    expect(again.stderr).toMatch(/an earlier create of "again" did not finish: removing what it made/);
    expect(again.stderr).toMatch(/no SSH server answered/);
    expect(await world.inventory(), `${printed}\n${told("create", again)}`).toEqual(before);
  });

  it.each(["kill -9", "Ctrl-C"])("%s when a DHCP server is announced: nothing is left", async (how) => {
    const servers = await world.vboxManage("list", "dhcpservers");
    for (const [, name = ""] of servers.matchAll(/^NetworkName:\s+(.*)$/gm)) {
      await world.vboxManage("dhcpserver", "remove", "--netname", name);
    }
    before = await world.inventory();
    const moment = kill("", making("dhcpserver"));
    if (how === "Ctrl-C") {
      expect((await interrupted(moment, "bare", "SIGINT", "all")).ended).toBe(130);
      expect(await world.inventory()).toEqual(before);
    } else {
      const { printed } = await interrupted(moment, "bare", "SIGKILL", "program");
      await expectNothingAfterRemoval("bare", printed);
    }
  });
});
