import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256OfFile, writeImageArchive } from "../../../src/image/archive.ts";
import { readArchive } from "../../../src/image/archive-read.ts";
import { cpioOf } from "../../../src/image/cpio.ts";
import { tempDir } from "../../support/temp-dir.ts";

const image = (layerPath: string) => ({
  layerPath,
  tag: "swarm:latest",
  config: { Entrypoint: ["/swarm"], Labels: { "machine.engine.version": "26.1.5" } },
  epoch: 1_700_000_000,
  architecture: "amd64",
});

test("an image archive is read back as it was written, compressed or not", async () => {
  await using dir = await tempDir();
  const layer = join(dir.path, "layer.tar");
  await writeFile(layer, Buffer.alloc(70_000, 1));
  for (const name of ["a.tar", "a.tar.gz"]) {
    const made = await writeImageArchive(image(layer), join(dir.path, name));
    expect(await readArchive(join(dir.path, name))).toEqual({
      tag: "swarm:latest",
      imageId: made.id,
      layer: await sha256OfFile(layer),
      labels: { "machine.engine.version": "26.1.5", "machine.image.layer": made.layer },
    });
  }
});

test("the same image gives the same bytes", async () => {
  await using dir = await tempDir();
  const layer = join(dir.path, "layer.tar");
  await writeFile(layer, "layer");
  for (const name of ["a.tar.gz", "b.tar.gz"]) await writeImageArchive(image(layer), join(dir.path, name));
  expect(await sha256OfFile(join(dir.path, "a.tar.gz"))).toBe(await sha256OfFile(join(dir.path, "b.tar.gz")));
});

test.each([
  ["a web page", Buffer.from("<html>Not Found</html>")],
  ["nothing", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(4096)],
  ["noise that begins as gzip does", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5])],
])("%s is no image archive", async (_what, bytes) => {
  await using dir = await tempDir();
  const path = join(dir.path, "file");
  await writeFile(path, bytes);
  expect(await readArchive(path)).toBeUndefined();
});

test("an archive that was cut is no image archive", async () => {
  await using dir = await tempDir();
  const layer = join(dir.path, "layer.tar");
  await writeFile(layer, Buffer.alloc(70_000, 1));
  const whole = join(dir.path, "whole.tar");
  await writeImageArchive(image(layer), whole);
  const cut = join(dir.path, "cut.tar");
  await writeFile(cut, (await readFile(whole)).subarray(0, 40_000));
  expect(await readArchive(cut)).toBeUndefined();
});

test("a cpio archive is sorted, aligned, and ends in its trailer", async () => {
  await using dir = await tempDir();
  const root = join(dir.path, "root");
  await mkdir(join(root, "bin"), { recursive: true });
  await writeFile(join(root, "bin/busybox"), "program", { mode: 0o755 });
  await writeFile(join(root, "init"), "script!", { mode: 0o755 });
  await symlink("busybox", join(root, "bin/sh"));
  const archive = await cpioOf(root, 1_700_000_000);
  const names = [...archive.toString("latin1").matchAll(/070701.{104}([^\0]+)\0/gs)].map((match) => match[1]);
  expect(names).toEqual(["bin", "bin/busybox", "bin/sh", "init", "TRAILER!!!"]);
  expect(archive.length % 4).toBe(0);
  expect(await cpioOf(root, 1_700_000_000)).toEqual(archive);
});
