import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import tar from "tar-stream";
import { describe, expect, it } from "vitest";
import { writeSparseVmdk } from "../../../../drivers/virtualbox/disk.ts";
import { magicTar } from "../../../../drivers/virtualbox/magic-tar.ts";
import { tempDir } from "../../../support/temp-dir.ts";

describe("the tar at the start of the disk", () => {
  it("begins with the magic text, and holds the key twice", async () => {
    const bytes = magicTar("ssh-rsa AAAA me");
    expect(bytes.subarray(0, 29).toString()).toBe("boot2docker, please format-me");
    const found: unknown[] = [];
    for await (const entry of Readable.from([bytes]).pipe(tar.extract())) {
      let content = "";
      for await (const part of entry) content += part;
      const { name, mode, uid, type } = entry.header;
      found.push([name, mode, uid, type, content]);
    }
    expect(found).toEqual([
      ["boot2docker, please format-me", 0, 0, "file", "boot2docker, please format-me"],
      [".ssh/", 0o700, 0, "directory", ""],
      [".ssh/authorized_keys", 0o644, 0, "file", "ssh-rsa AAAA me\n"],
      [".ssh/authorized_keys2", 0o644, 0, "file", "ssh-rsa AAAA me\n"],
    ]);
  });

  it("of the longest usual key fits into the 64 KiB that the guest keeps", () => {
    expect(magicTar(`ssh-rsa ${"A".repeat(2_800)} me`).length).toBeLessThan(64 * 1024);
  });
});

describe("a sparse VMDK", () => {
  it("says its size and holds the start", async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "disk.vmdk");
    await writeSparseVmdk(path, 20_000 * 1024 * 1024, Buffer.from("the start"));
    const bytes = await readFile(path);
    expect(bytes.subarray(0, 4).toString()).toBe("KDMV");
    expect(bytes.readBigUInt64LE(12)).toBe(40_960_000n);
    // the layout that VirtualBox 7.2 itself gives a disk of this size
    expect([bytes.readBigUInt64LE(48), bytes.readBigUInt64LE(56), bytes.readBigUInt64LE(64)]).toEqual([
      21n,
      2526n,
      5120n,
    ]);
    expect(bytes.subarray(512, 2048).toString()).toContain('RW 40960000 SPARSE "disk.vmdk"');
    expect(bytes.subarray(5120 * 512, 5120 * 512 + 9).toString()).toBe("the start");
    expect((await stat(path)).blocks * 512).toBeLessThan(bytes.length / 2);
  });

  it("refuses a start that is too long", async () => {
    await using folder = await tempDir();
    await expect(
      writeSparseVmdk(join(folder.path, "disk.vmdk"), 2 ** 30, Buffer.alloc(65_537)),
    ).rejects.toThrow(RangeError);
  });
});
