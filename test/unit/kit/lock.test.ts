import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/kit/clock.ts";
import { sweepLocks, withLock } from "../../../src/kit/lock.ts";
import { isAlive, ownIdentity } from "../../../src/kit/process-identity.ts";
import { instantClock } from "../../support/fake-clock.ts";
import { tempDir } from "../../support/temp-dir.ts";

let directory: Awaited<ReturnType<typeof tempDir>>;
let locks: string;
let lock: string;
const options = { clock: systemClock };

beforeEach(async () => {
  directory = await tempDir();
  locks = join(directory.path, "locks");
  lock = join(locks, "a.lock");
});
afterEach(() => directory[Symbol.asyncDispose]());

async function leave(text: string, name = "a.lock"): Promise<void> {
  await mkdir(locks, { recursive: true });
  await writeFile(join(locks, name), text);
}

/** A process number that is in use, with the start time of another process. */
const reused = `${process.pid} 00000000-1 0123456789abcdef\n`;

describe("a lock", () => {
  it("names its holder, and is gone afterwards", async () => {
    const { pid, started } = await ownIdentity();
    const text = await withLock(lock, () => readFile(lock, "utf8"), options);
    expect(text).toMatch(new RegExp(`^${pid} ${started} [0-9a-f]{16}\n$`));
    expect(await readdir(locks)).toEqual([]);
  });

  it("is released when the task fails", async () => {
    await expect(withLock(lock, () => Promise.reject(new Error("no")), options)).rejects.toThrow("no");
    expect(await readdir(locks)).toEqual([]);
  });

  it("lets one task run at a time", async () => {
    let inside = 0;
    let most = 0;
    const task = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await systemClock.delay(1);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(lock, task, { clock: instantClock() })));
    expect(most).toBe(1);
  });

  it("is taken from a process whose number was given to another since", async () => {
    await leave(reused);
    expect(await withLock(lock, async () => "mine", options)).toBe("mine");
  });

  it.each(["", "garbage", "x y z", "0 - 0", "999999999 - abc\n", "\0\0\0"])(
    "is taken when the file holds %j",
    async (text) => {
      await leave(text);
      expect(await withLock(lock, async () => "mine", options)).toBe("mine");
      expect(await readdir(locks)).toEqual([]);
    },
  );

  it("is taken once by several who find the holder dead", async () => {
    await leave(reused);
    let inside = 0;
    const task = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await systemClock.delay(1);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(lock, task, { clock: instantClock() })));
    expect(await readdir(locks)).toEqual([]);
  });

  it("is taken although one who took it over died in the middle", async () => {
    await leave(reused);
    await leave(`${process.pid} 00000000-2 fedcba9876543210\n`, "a.lock.0123456789abcdef.lock");
    expect(await withLock(lock, async () => "mine", options)).toBe("mine");
    expect(await readdir(locks)).toEqual([]);
  });

  it("ends the waiting with what onWait throws", async () => {
    const busy = new Error("busy");
    await withLock(
      lock,
      async () => {
        const second = withLock(lock, async () => undefined, {
          clock: systemClock,
          onWait: (pid, isOwn) => {
            expect([pid, isOwn]).toEqual([process.pid, true]);
            throw busy;
          },
        });
        await expect(second).rejects.toBe(busy);
      },
      options,
    );
    expect(await readdir(locks)).toEqual([]);
  });

  it("that somebody else put in the place of a deleted one stays", async () => {
    const { started } = await ownIdentity();
    const foreign = `${process.pid} ${started} aaaaaaaaaaaaaaaa\n`;
    await withLock(lock, () => writeFile(lock, foreign), options);
    expect(await readFile(lock, "utf8")).toBe(foreign);
  });
});

describe("sweeping", () => {
  it("removes what dead processes left, and nothing that is held", async () => {
    await leave(reused, "dead.lock");
    await leave(reused, `x.lock.${process.pid}.00000000-1.0123456789abcdef.tmp`);
    await leave("something else", "README");
    await withLock(lock, () => sweepLocks(locks, options).then(() => readdir(locks)), options).then((names) =>
      expect(names.sort()).toEqual(["README", "a.lock"]),
    );
  });

  it("does nothing where there is no directory", async () => {
    await sweepLocks(join(directory.path, "none"), options);
  });
});

describe("identities", () => {
  it("tell a living process from one that is not, or is another", async () => {
    const own = await ownIdentity();
    expect(await isAlive(own)).toBe(true);
    expect(await isAlive({ ...own, started: "other" })).toBe(own.started === "");
    expect(await isAlive({ pid: 999_999_999, started: "" })).toBe(false);
    expect(await isAlive({ pid: 0, started: "" })).toBe(false);
  });
});
