import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labMissing } from "../lab/vbox/lab.ts";
import { openVboxWorld, type VboxInventory, type VboxWorld } from "../support/vbox-world.ts";

const missing = labMissing();
const minute = 60_000;

interface Bad {
  readonly what: string;
  /** Run by bash; `$DIR` is a folder of the test, `$ISO` an image, `create` takes further flags and the name. */
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

const cases: readonly Bad[] = [
  bad("an ISO that is not there", "create /no/such.iso x", 3, /no\/such\.iso/),
  bad("a folder as ISO", 'create "$DIR" x', 3, /is no ISO image/, /EISDIR/),
  bad(
    "a file that is no ISO",
    'head -c 100000 /dev/zero >"$DIR/junk.iso"; create "$DIR/junk.iso" x',
    3,
    /junk\.iso is no ISO image/,
    /image build iso/,
  ),
  bad("an empty file as ISO", ': >"$DIR/none.iso"; create "$DIR/none.iso" x', 3, /none\.iso is no ISO image/),
  bad(
    "a range that VirtualBox does not allow",
    'create "$ISO" --virtualbox-hostonly-cidr 10.77.0.1/24 x',
    3,
    /10\.77\.0\.1/,
    /networks\.conf/,
  ),
  bad("a range that is none", 'create "$ISO" --virtualbox-hostonly-cidr nonsense x', 2, /nonsense/),
  bad("a size that is none", 'create "$ISO" --virtualbox-memory much x', 2, /virtualbox-memory/),
  bad(
    "a VM of the same name",
    `VBoxManage createvm --basefolder "$DIR/theirs" --name x --register >/dev/null
    create "$ISO" x; code=$?; VBoxManage unregistervm x --delete 2>/dev/null; exit $code`,
    3,
    /already has a VM named "x"/,
  ),
  bad(
    "a VirtualBox that is not there",
    'PATH=/usr/bin:/bin create "$ISO" x',
    3,
    /VBoxManage was not found/,
    /install VirtualBox/,
  ),
  bad(
    "a store with little room",
    `mkdir "$DIR/small"; mount -t tmpfs -o size=50m tmpfs "$DIR/small"
    MACHINE_STORAGE_PATH="$DIR/small" create "$ISO" x; code=$?; umount "$DIR/small"; exit $code`,
    3,
    /MB free; the machine needs at least 200 MB/,
    /--storage-path/,
  ),
  bad(
    "a disk that fills up meanwhile",
    `mkdir "$DIR/full"; mount -t tmpfs -o size=230m tmpfs "$DIR/full"
    cp "$ISO" "$DIR/large.iso"; head -c 300M /dev/zero >>"$DIR/large.iso"
    MACHINE_STORAGE_PATH="$DIR/full" create "$DIR/large.iso" x; code=$?
    ls "$DIR/full/machines"; umount "$DIR/full"; exit $code`,
    1,
    /MB free; the machine needs at least/,
    /--storage-path/,
  ),
];

describe.skipIf(missing !== undefined).sequential(`bad input for VMs ${missing ?? ""}`, () => {
  let world: VboxWorld;
  let before: VboxInventory;

  beforeAll(async () => {
    world = await openVboxWorld();
    before = await world.inventory();
  }, 25 * minute);

  afterAll(async () => {
    await world?.lab.down();
  }, 2 * minute);

  it.each(cases)("$what: one clear error, exit code $code, nothing left", async ({ script, code, says }) => {
    const run = await world.bash(
      `create() { machine create -d virtualbox --virtualbox-no-share --virtualbox-boot2docker-url "$@"; }\n${script}`,
    );
    const told = `exit code ${run.exitCode}\n${run.stdout}\n${run.stderr}`;
    expect(run.exitCode, told).toBe(code);
    expect(run.stdout, told).toBe("");
    expect(run.stderr).not.toMatch(/unexpected error|^\s+at /m);
    for (const text of says) expect(run.stderr).toMatch(text);
    expect(await world.inventory(), told).toEqual(before);
  });
});
