import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Inventory, inventoryOf } from "../support/inventory.ts";
import { type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

let world: MachineLab;
let before: Inventory;

beforeAll(async () => {
  world = await openMachineLab();
  before = await inventoryOf(world);
});

afterAll(async () => {
  await world?.close();
});

interface Bad {
  readonly what: string;
  /** A shell line; `$DIR` is a folder of the test. */
  readonly script: string;
  readonly code: number;
  readonly says: readonly RegExp[];
}

const bad = (what: string, script: string, code: number, ...says: readonly RegExp[]): Bad => ({
  what,
  script,
  code,
  says,
});

/** Runs it; one clear error, the exit code, nothing made. @returns seconds */
async function refused({ script, code, says }: Bad): Promise<number> {
  const started = performance.now();
  const run = await world.bash(script, { DIR: world.lab.dir });
  const seconds = (performance.now() - started) / 1000;
  expect(run.exitCode, told(script, run)).toBe(code);
  expect(run.stdout, told(script, run)).toBe("");
  expect(run.stderr).not.toMatch(/unexpected error|^\s+at /m);
  for (const text of says) expect(run.stderr).toMatch(text);
  expect(await inventoryOf(world)).toEqual(before);
  return seconds;
}

describe.sequential("known before anything is made", () => {
  const cases: readonly Bad[] = [
    bad("an unknown driver", "machine create -d dokcer x", 1, /dokcer/, /did you mean .*docker/i),
    bad(
      "a flag of another driver",
      "machine create -d docker --generic-ssh-port 22 x",
      2,
      /generic-ssh-port/,
    ),
    bad("an unknown flag", "machine create -d docker --nosuch x", 2, /nosuch/),
    bad("an unknown command", "machine craete x", 1, /did you mean "create"/),
    bad("a number that is none", "machine create -d docker --docker-cpus many x", 2, /docker-cpus/),
    bad("too little memory", "machine create -d docker --docker-memory 5 x", 2, /docker-memory/),
    bad(
      "a range that is none",
      "machine create -d docker --docker-network-cidr 300.1.1.0/24 x",
      2,
      /300\.1\.1\.0/,
    ),
    bad("no name", "machine create -d docker", 1, /name of the machine/),
    bad("no address for generic", "machine create -d generic x", 2, /--generic-ip-address/),
    bad("no URL for none", "machine create -d none x", 2, /--url/),
    bad(
      "an engine that is not there",
      "DOCKER_HOST=unix:///no/such.sock machine create -d docker x",
      3,
      /no engine answers/,
    ),
    bad(
      "an engine that refuses",
      "DOCKER_HOST=tcp://127.0.0.1:1 machine create -d docker x",
      3,
      /no engine answers/,
    ),
    bad(
      "an archive that is not there",
      "machine create -d docker --docker-image /no/such.tar x",
      3,
      /no\/such\.tar/,
    ),
    bad(
      "an archive that is none",
      'echo junk >"$DIR/junk.tar"; machine create -d docker --docker-image "$DIR/junk.tar" x',
      3,
      /junk\.tar/,
    ),
    bad(
      "an image that no registry gives",
      "machine create -d docker --docker-image no.such.host/nothing:1 x",
      3,
      /no\.such\.host\/nothing/,
    ),
    bad(
      "a limit that is no number",
      "MACHINE_TIMEOUT_SSH=soon machine create -d docker x",
      1,
      /MACHINE_TIMEOUT_SSH/,
    ),
    bad(
      "a machine that is not there",
      "machine start nobody",
      1,
      /no machine is named "nobody"/,
      /machine ls/,
    ),
  ];

  it.each(cases)("$what: one clear error, exit code $code, nothing made", async (one) => {
    // 2 s is the aim; the bound is for a computer that does much else
    expect(await refused(one)).toBeLessThan(20);
  });

  it("a store that cannot be written: says which path, and makes nothing", async () => {
    const path = join(world.lab.dir, "a file");
    await writeFile(path, "");
    const run = await world.bash(`MACHINE_STORAGE_PATH='${path}' machine create -d docker x`);
    expect(run.exitCode, told("create", run)).toBe(1);
    expect(run.stderr).toContain(path);
  });

  it("a full disk behind the store: says so, and makes nothing", async () => {
    const path = join(world.lab.dir, "full");
    await mkdir(path);
    const script = `mount -t tmpfs -o size=64k,mode=700 tmpfs '${path}' && dd if=/dev/zero of='${path}/fill' bs=4k 2>/dev/null
      MACHINE_STORAGE_PATH='${path}' machine create -d docker x; code=$?; umount '${path}'; exit $code`;
    const run = await world.bash(script);
    expect(run.exitCode, told("create", run)).toBe(1);
    expect(run.stderr).toMatch(/ENOSPC|no space|full/i);
    expect(await inventoryOf(world)).toEqual(before);
  });
});

describe.sequential("known only once the machine runs", () => {
  it("an engine option that the engine refuses: the end of its log, rolled back, exit code 1", async () => {
    const script = "machine create -d docker --engine-opt nosuch=1 x";
    await refused(
      bad("", script, 1, /the engine of "x" does not start/, /unknown flag: --nosuch/, /--engine-opt/),
    );
  });

  it("with --keep the machine stays, and rm -f removes it", async () => {
    const run = await world.machine("create", "-d", "docker", "--keep", "--engine-opt", "nosuch=1", "kept");
    expect(run.exitCode, told("create", run)).toBe(1);
    expect(run.stderr).toMatch(/machine rm -f kept/);
    expect(await world.ok("ls", "-q")).toBe("kept\n");
    await world.ok("rm", "-f", "kept");
    expect(await inventoryOf(world)).toEqual(before);
  });

  it("an agent that cannot join: says that the node is not Healthy, and why", async () => {
    const flags =
      "--swarm --swarm-master --swarm-discovery token://127.0.0.1:1/v1/0123456789abcdef0123456789abcdef";
    const script = `MACHINE_TIMEOUT_SWARM=20 machine create -d docker ${flags} x`;
    await refused(bad("", script, 1, /does not report "x" as Healthy/, /127\.0\.0\.1:1/));
  });

  it("a network range that another network of the engine has: rolled back, with the remedy", async () => {
    await world.bash("docker network create --subnet 192.168.88.0/24 theirs");
    before = await inventoryOf(world);
    const script = "machine create -d docker --docker-network mine --docker-network-cidr 192.168.88.0/24 x";
    await refused(bad("", script, 1, /no free address range/, /--docker-network-cidr/));
  });
});
