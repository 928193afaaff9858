import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type ImageEntry,
  imageDirectory,
  keepImage,
  listImages,
  newestImage,
  removeImage,
} from "../../../src/image/cache.ts";
import type { ImageContext } from "../../../src/image/context.ts";
import { imageContext } from "../../support/image-context.ts";
import { tempDir } from "../../support/temp-dir.ts";

const entry = (name: string, createdAt: string, more: Partial<ImageEntry> = {}): ImageEntry => ({
  name,
  kind: "iso",
  version: "v1",
  sizeBytes: 3,
  sha256: "00",
  createdAt,
  origin: "built",
  ...more,
});

async function keep(context: ImageContext, one: ImageEntry): Promise<void> {
  const file = join(imageDirectory(context), `${one.name}.new`);
  await mkdir(imageDirectory(context), { recursive: true });
  await writeFile(file, "abc");
  await keepImage(context, file, one);
}

test("the newest of a kind is found, and a name or a kind removes one", async () => {
  await using dir = await tempDir();
  const { context } = imageContext(dir.path);
  expect(await listImages(context)).toEqual([]);
  await keep(context, entry("old.iso", "2026-01-01T00:00:00Z"));
  await keep(context, entry("new.iso", "2026-02-01T00:00:00Z"));
  await keep(context, entry("machine.tar", "2026-03-01T00:00:00Z", { kind: "container" }));
  expect((await listImages(context)).map(({ name }) => name)).toEqual(["machine.tar", "new.iso", "old.iso"]);
  expect((await newestImage(context, "iso"))?.name).toBe("new.iso");
  await removeImage(context, "new.iso");
  await removeImage(context, "container");
  expect((await listImages(context)).map(({ name }) => name)).toEqual(["old.iso"]);
  expect((await readdir(imageDirectory(context))).sort()).toEqual(["old.iso", "old.iso.json"]);
  await expect(removeImage(context, "new.iso")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

test("a file that is not as its entry says, and entries that nobody can read, are no images", async () => {
  await using dir = await tempDir();
  const { context } = imageContext(dir.path);
  await keep(context, entry("cut.iso", "2026-01-01T00:00:00Z", { sizeBytes: 4 }));
  await keep(context, entry("odd.iso", "2026-01-01T00:00:00Z"));
  await writeFile(join(imageDirectory(context), "odd.iso.json"), "{ damaged");
  await writeFile(join(imageDirectory(context), "digests.json"), "{}");
  expect(await listImages(context)).toEqual([]);
});

test("MACHINE_IMAGE_CACHE says where images are", () => {
  const { context } = imageContext("/store", { env: { MACHINE_IMAGE_CACHE: "/elsewhere" } });
  expect(imageDirectory(context)).toBe("/elsewhere");
  expect(imageDirectory(imageContext("/store").context)).toBe("/store/cache/images");
});
