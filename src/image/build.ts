import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isAppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent } from "../kit/fs.ts";
import { type Apt, openApt, type PackageFile } from "./apt.ts";
import { sha256OfFile } from "./archive.ts";
import { buildImagesInContainer, isDebianLike } from "./build-elsewhere.ts";
import { buildIso } from "./build-iso.ts";
import { buildContainer, buildMachineTree, type CarriedImage } from "./build-machine.ts";
import { buildProgram } from "./build-program.ts";
import { stagedBundle } from "./bundle.ts";
import {
  buildDirectory,
  builtNames,
  type ImageEntry,
  imageDirectory,
  imagePath,
  keepImage,
} from "./cache.ts";
import type { ImageContext, ImageKind } from "./context.ts";
import { buildNeedsRoot, buildToolMissing } from "./errors.ts";
import { etcdImage, swarmImage } from "./programs.ts";

/** Programs that a build calls, and the Debian packages that they are in. */
const tools: Readonly<Record<string, { program: string; args: string[]; from: string }[]>> = {
  all: [
    { program: "apt-get", args: ["--version"], from: "apt" },
    { program: "dpkg-deb", args: ["--version"], from: "dpkg" },
    { program: "tar", args: ["--version"], from: "tar" },
  ],
  iso: [
    { program: "mksquashfs", args: ["-version"], from: "squashfs-tools" },
    { program: "xorriso", args: ["--version"], from: "xorriso" },
    { program: "zstd", args: ["--version"], from: "zstd" },
    { program: "xz", args: ["--version"], from: "xz-utils" },
    { program: "depmod", args: ["--version"], from: "kmod" },
  ],
};

/** Builds images and puts them into the cache: here on Debian and Ubuntu, else in a Debian container. */
export async function buildImages(ctx: ImageContext, kinds: readonly ImageKind[]): Promise<ImageEntry[]> {
  const isHere = ctx.platform === "linux" && isDebianLike(await readTextIfPresent("/etc/os-release"));
  return isHere ? buildImagesHere(ctx, kinds) : buildImagesInContainer(ctx, kinds);
}

/**
 * Builds images from Debian's packages on a Debian or Ubuntu host.
 * @returns the new entries, in the order swarm, etcd, container, iso
 * @throws IMAGE_BUILD_TOOL_MISSING, IMAGE_BUILD_NEEDS_ROOT, IMAGE_PACKAGES_UNAVAILABLE
 */
async function buildImagesHere(ctx: ImageContext, kinds: readonly ImageKind[]): Promise<ImageEntry[]> {
  const wants = (kind: ImageKind) => kinds.includes(kind);
  const machines = wants("iso") || wants("container");
  if (machines && process.getuid?.() !== 0) throw buildNeedsRoot();
  await checkTools(ctx, wants("iso"));

  const cache = buildDirectory(ctx);
  await ensureDirectory(cache);
  await ensureDirectory(imageDirectory(ctx));
  await removeLeftovers(cache);
  const work = await mkdtemp(join(cache, "work-"));
  try {
    const apt = await openApt(ctx, join(cache, "apt"));
    const entries: ImageEntry[] = [];
    let carried: CarriedImage | undefined;
    if (machines || wants("swarm")) {
      const plain = join(work, "swarm.tar");
      const packed = join(work, builtNames.swarm);
      const image = swarmImage(ctx.packageRoot, await stagedBundle(ctx, work));
      const made = await buildProgram(ctx, apt, image, work, wants("swarm") ? [plain, packed] : [plain]);
      carried = { path: plain, tag: image.tag, id: made.id };
      if (wants("swarm")) entries.push(await keep(ctx, "swarm", packed, { ...made, tag: image.tag }));
    }
    if (wants("etcd")) {
      const file = join(work, builtNames.etcd);
      const image = etcdImage(ctx.packageRoot);
      const made = await buildProgram(ctx, apt, image, work, [file]);
      entries.push(await keep(ctx, "etcd", file, { ...made, tag: image.tag }));
    }
    if (machines && carried) entries.push(...(await buildMachines(ctx, apt, wants, carried, work)));
    return entries;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function buildMachines(
  ctx: ImageContext,
  apt: Apt,
  wants: (kind: ImageKind) => boolean,
  swarm: CarriedImage,
  work: string,
): Promise<ImageEntry[]> {
  const entries: ImageEntry[] = [];
  const tree = await buildMachineTree(ctx, apt, work);
  const { packages, engineVersion: version } = tree;
  if (wants("container")) {
    const file = join(work, builtNames.container);
    const made = await buildContainer(ctx, tree, swarm, work, file);
    entries.push(await keep(ctx, "container", file, { ...made, packages, version }));
  }
  if (wants("iso")) {
    const file = join(work, builtNames.iso);
    await buildIso(ctx, apt, tree, swarm, work, file);
    entries.push(await keep(ctx, "iso", file, { packages, version }));
  }
  return entries;
}

interface Made {
  readonly packages: readonly PackageFile[];
  readonly version: string;
  readonly id?: string;
  readonly layer?: string;
  readonly tag?: string;
}

async function keep(ctx: ImageContext, kind: ImageKind, file: string, made: Made): Promise<ImageEntry> {
  const entry: ImageEntry = {
    name: builtNames[kind],
    kind,
    version: made.version,
    sizeBytes: (await stat(file)).size,
    sha256: await sha256OfFile(file),
    createdAt: new Date().toISOString(),
    origin: "built",
    ...(made.tag === undefined ? {} : { tag: made.tag }),
    ...(made.id === undefined ? {} : { imageId: made.id }),
    ...(made.layer === undefined ? {} : { layer: made.layer }),
    packages: made.packages.map((one) => `${one.name}=${one.version}`),
  };
  await keepImage(ctx, file, entry);
  ctx.progress(`${imagePath(ctx, entry)}: ${Math.round(entry.sizeBytes / 2 ** 20)} MiB`);
  return entry;
}

async function checkTools(ctx: ImageContext, iso: boolean): Promise<void> {
  for (const { program, args, from } of [...(tools["all"] ?? []), ...(iso ? (tools["iso"] ?? []) : [])]) {
    try {
      await ctx.run(program, args, { okCodes: [0, 1] });
    } catch (error) {
      if (isAppError(error, "PROGRAM_NOT_FOUND")) throw buildToolMissing(program, from);
      throw error;
    }
  }
}

/** What builds that were killed left behind, once it is a day old. */
async function removeLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith("work-")) continue;
    const path = join(cache, name);
    if (Date.now() - (await stat(path)).mtimeMs > 86_400_000)
      await rm(path, { recursive: true, force: true });
  }
}
