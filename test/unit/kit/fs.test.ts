import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileTrouble } from "../../../src/kit/file-errors.ts";
import { ensureDirectory } from "../../../src/kit/fs.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "machine-fs-"));
  await writeFile(join(root, "file"), "");
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a directory", () => {
  test("is made with its parents and exactly the given mode, and found the next time", async () => {
    const path = join(root, "a", "b", "c");
    await ensureDirectory(path, 0o750);
    expect((await stat(path)).mode & 0o777).toBe(0o750);
    await ensureDirectory(path, 0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o750);
  });

  test("several callers make the same one", async () => {
    const path = join(root, "d", "e", "f");
    await Promise.all(Array.from({ length: 8 }, () => ensureDirectory(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  test("below /proc is refused; Node's own mkdir would never come back", async () => {
    await expect(ensureDirectory("/proc/x/machines")).rejects.toThrow(/mkdir/);
  });

  test("in the place of a file, or below one, is refused", async () => {
    await expect(ensureDirectory(join(root, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(ensureDirectory(join(root, "file", "x", "y"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });
});

describe("a file that the system refuses", () => {
  const refused = (code: string, syscall: string, path?: string) =>
    Object.assign(new Error(`${code}: as Node words it`), { code, syscall, ...(path ? { path } : {}) });

  test("is told in words, with the remedy", () => {
    expect(fileTrouble(refused("ENOSPC", "write", "/store/machines/a/config.json"), "/store")).toMatchObject({
      message: "/store/machines/a/config.json cannot be used: no space is left on the disk",
      hint: "make room on the disk, then run the same command again",
    });
    expect(fileTrouble(refused("ENOSPC", "write"), "/store")?.message).toBe(
      "a file cannot be written: no space is left on the disk",
    );
    expect(fileTrouble(refused("EACCES", "scandir", "/store/machines"), "/store")).toMatchObject({
      message: "/store/machines cannot be used: permission denied",
      hint: "the store is at /store; --storage-path or MACHINE_STORAGE_PATH names another directory",
    });
  });

  test("outside the store gets no hint at the store", () => {
    expect(fileTrouble(refused("EACCES", "open", "/storehouse/key"), "/store")?.hint).toBeUndefined();
  });

  test.each([
    refused("ENOENT", "open", "/x"),
    refused("ECONNREFUSED", "connect", "/x"),
    refused("EACCES", "listen"),
    "text",
  ])("anything else is none: %s", (error) => {
    expect(fileTrouble(error, undefined)).toBeUndefined();
  });
});
