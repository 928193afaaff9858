import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readArchive } from "../../src/image/archive-read.ts";
import { buildImages } from "../../src/image/build.ts";
import { isDebianLike } from "../../src/image/build-elsewhere.ts";
import { type ImageEntry, imageDirectory, imagePath } from "../../src/image/cache.ts";
import { type ImageContext, imageKinds } from "../../src/image/context.ts";
import { isoVolumeId } from "../../src/image/iso.ts";
import { readTextIfPresent } from "../../src/kit/fs.ts";
import { silentLog } from "../../src/kit/log.ts";
import { type Run, realRun } from "../../src/kit/process.ts";
import { imageContext } from "../support/image-context.ts";
import { tempDir } from "../support/temp-dir.ts";

const run: Run = realRun(silentLog);
const minutes = 60_000;

/** Building needs root on Debian; everything else is an error, not a reason to skip. */
const reason =
  process.getuid?.() !== 0
    ? "images are built as root"
    : isDebianLike(await readTextIfPresent("/etc/os-release"))
      ? undefined
      : "images are built on Debian";
if (reason !== undefined) console.warn(`image-build: skipped, ${reason}`);

/** Folder of the swarm bundle: the built one, else a stand-in. */
async function bundleIn(dir: string): Promise<string> {
  const built = join(process.cwd(), "dist");
  if (existsSync(join(built, "swarm.cjs"))) return built;
  const standIn = join(dir, "bundle");
  await mkdir(standIn);
  await writeFile(join(standIn, "swarm.cjs"), 'console.log("stand-in", process.argv.slice(2).join(" "));\n');
  return standIn;
}

/** The contents of a tar in the layer of an image archive. */
async function layerNames(archive: string, work: string): Promise<string[]> {
  await run("tar", ["-xf", archive, "-C", work], { timeoutMs: 5 * minutes });
  const { stdout } = await run("tar", ["-xOf", archive, "manifest.json"], { timeoutMs: 5 * minutes });
  const layer = /"Layers":\["([^"]+)"\]/.exec(stdout)?.[1] ?? "";
  return (await run("tar", ["-tf", join(work, layer)])).stdout.split("\n");
}

describe.skipIf(reason !== undefined)("machine image build", () => {
  test(
    "gives the same bytes twice, the second time without a network",
    async () => {
      await using dir = await tempDir();
      const bundle = await bundleIn(dir.path);
      const context = (name: string, more: Record<string, string>): ImageContext =>
        imageContext(join(dir.path, name), {
          run,
          env: {
            ...process.env,
            MACHINE_SWARM_BUNDLE: bundle,
            MACHINE_BUILD_CACHE: process.env["MACHINE_BUILD_CACHE"] ?? join(dir.path, "packages"),
            MACHINE_IMAGE_CACHE: join(dir.path, name),
            ...more,
          },
        }).context;
      // The images that the other tests use are as good as any, unless something changed since.
      const shared = process.env["MACHINE_IMAGE_CACHE"];
      const first = context("first", shared === undefined ? {} : { MACHINE_IMAGE_CACHE: shared });
      const cutOff = "http://127.0.0.1:9";
      const second = context("second", { http_proxy: cutOff, https_proxy: cutOff, no_proxy: "" });

      const before = await buildImages(first, imageKinds);
      const after = await buildImages(second, imageKinds);
      expect(after.map(({ kind }) => kind)).toEqual(["swarm", "etcd", "container", "iso"]);
      expect(after.map(digests)).toEqual(before.map(digests));

      const again = await buildImages(second, imageKinds);
      expect(again).toEqual(after); // up to date: the entries themselves, with their dates
      await checkImages(second, after, dir.path);
    },
    25 * minutes,
  );
});

const digests = ({ kind, sha256, imageId, packages }: ImageEntry) => ({ kind, sha256, imageId, packages });

/** What can be said of built images without running them. */
async function checkImages(
  context: ImageContext,
  entries: readonly ImageEntry[],
  dir: string,
): Promise<void> {
  const [swarm, etcd, container, iso] = entries;
  if (!swarm || !etcd || !container || !iso) throw new Error("an image is missing");
  expect(swarm.sizeBytes).toBeLessThanOrEqual(60 * 2 ** 20);
  expect(await isoVolumeId(imagePath(context, iso))).toBe(`b2d-v${iso.version}`);
  for (const entry of [swarm, etcd, container]) {
    const archive = await readArchive(imagePath(context, entry));
    expect(archive).toMatchObject({ tag: entry.tag, imageId: entry.imageId, layer: entry.layer });
  }
  expect([swarm.tag, etcd.tag]).toEqual(["swarm:latest", "etcd:latest"]);

  const work = join(dir, "unpacked");
  await mkdir(work);
  const files = await layerNames(imagePath(context, swarm), work);
  expect(files).toContain("./usr/bin/node");
  expect(files).toContain("./swarm");
  expect(files.filter((name) => /\/(sh|bash|dash|apt|dpkg|busybox)$/.test(name))).toEqual([]);

  const listing = await run("xorriso", ["-indev", imagePath(context, iso), "-find", "/", "-type", "f"], {
    timeoutMs: 2 * minutes,
  });
  for (const name of ["vmlinuz", "vmlinuz64", "initrd.img", "root.squashfs", "isolinux/isolinux.bin"]) {
    expect(listing.stdout).toContain(`'/boot/${name}'`);
  }
  expect(imageDirectory(context)).not.toBe(process.env["MACHINE_IMAGE_CACHE"]);
}
