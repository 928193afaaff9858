import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../kit/clock.ts";
import { isAppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent } from "../kit/fs.ts";
import { withLock } from "../kit/lock.ts";
import { type Apt, openApt, type PackageFile } from "./apt.ts";
import { sha256OfFile } from "./archive.ts";
import { buildImagesInContainer, isDebianLike } from "./build-elsewhere.ts";
import { inputsDigest } from "./build-inputs.ts";
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
  listImages,
} from "./cache.ts";
import type { ImageContext, ImageKind } from "./context.ts";
import { buildNeedsRoot, buildToolMissing } from "./errors.ts";
import { etcdImage, swarmImage } from "./programs.ts";
import { isoPackages, machinePackages } from "./recipe.ts";

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
export async function buildImages(
  ctx: ImageContext,
  kinds: readonly ImageKind[],
  options: { /** Also what is up to date. */ force?: boolean } = {},
): Promise<ImageEntry[]> {
  const force = options.force === true;
  const isHere = ctx.platform === "linux" && isDebianLike(await readTextIfPresent("/etc/os-release"));
  return isHere ? buildImagesHere(ctx, kinds, force) : buildImagesInContainer(ctx, kinds, force);
}

/**
 * Builds images from Debian's packages on a Debian or Ubuntu host.
 * @returns the entries of `kinds`, in the order swarm, etcd, container, iso
 * @throws IMAGE_BUILD_TOOL_MISSING, IMAGE_BUILD_NEEDS_ROOT, IMAGE_PACKAGES_UNAVAILABLE
 */
async function buildImagesHere(
  ctx: ImageContext,
  kinds: readonly ImageKind[],
  force: boolean,
): Promise<ImageEntry[]> {
  const wants = (kind: ImageKind) => kinds.includes(kind);
  const machines = wants("iso") || wants("container");
  if (machines && process.getuid?.() !== 0) throw buildNeedsRoot();
  await checkTools(ctx, wants("iso"));

  const cache = buildDirectory(ctx);
  await ensureDirectory(cache);
  await ensureDirectory(imageDirectory(ctx));
  // apt's own lock does not wait; and who comes second finds most of it done.
  return withLock(join(cache, "build.lock"), () => buildLocked(ctx, kinds, force, cache), {
    clock: systemClock,
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
    onWait: (pid) => ctx.progress(`waiting for another build (process ${pid})`),
  });
}

async function buildLocked(
  ctx: ImageContext,
  kinds: readonly ImageKind[],
  force: boolean,
  cache: string,
): Promise<ImageEntry[]> {
  await removeLeftovers(cache);
  const work = await mkdtemp(join(cache, "work-"));
  try {
    const apt = remembering(await openApt(ctx, join(cache, "apt")));
    const bundle = kinds.some((kind) => kind !== "etcd") ? await stagedBundle(ctx, work) : undefined;
    const plan = await planBuild(ctx, apt, kinds, bundle, force);
    for (const { name } of plan.upToDate) ctx.progress(`${name} is up to date`);
    const made = await buildPlanned(ctx, apt, plan.inputs, bundle, work);
    return [...plan.upToDate, ...made].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const order: readonly ImageKind[] = ["swarm", "etcd", "container", "iso"];

/** Asks apt once for each set of packages. */
function remembering(apt: Apt): Apt {
  const known = new Map<string, ReturnType<Apt["fetch"]>>();
  return {
    fetch(packages) {
      const key = packages.join(" ");
      const files = known.get(key) ?? apt.fetch(packages);
      known.set(key, files);
      return files;
    },
  };
}

/** Digest of the inputs of each image that must be built. */
type Inputs = ReadonlyMap<ImageKind, string>;

async function planBuild(
  ctx: ImageContext,
  apt: Apt,
  kinds: readonly ImageKind[],
  bundle: string | undefined,
  force: boolean,
): Promise<{ inputs: Inputs; upToDate: ImageEntry[] }> {
  const swarm = swarmImage(ctx.packageRoot, "").packages;
  const packages: Readonly<Record<ImageKind, readonly (readonly string[])[]>> = {
    swarm: [swarm],
    etcd: [etcdImage(ctx.packageRoot).packages],
    container: [swarm, machinePackages],
    iso: [swarm, machinePackages, isoPackages],
  };
  const present = await listImages(ctx);
  const inputs = new Map<ImageKind, string>();
  const upToDate: ImageEntry[] = [];
  for (const kind of order.filter((one) => kinds.includes(one))) {
    const digest = await inputsDigest(ctx, apt, kind, kind === "etcd" ? undefined : bundle, packages[kind]);
    const same = present.find((one) => one.name === builtNames[kind] && one.inputs === digest);
    if (same !== undefined && !force) upToDate.push(same);
    else inputs.set(kind, digest);
  }
  return { inputs, upToDate };
}

async function buildPlanned(
  ctx: ImageContext,
  apt: Apt,
  inputs: Inputs,
  bundle: string | undefined,
  work: string,
): Promise<ImageEntry[]> {
  const entries: ImageEntry[] = [];
  const machines = inputs.has("iso") || inputs.has("container");
  let carried: CarriedImage | undefined;
  if (bundle !== undefined && (machines || inputs.has("swarm"))) {
    const plain = join(work, "swarm.tar");
    const packed = join(work, builtNames.swarm);
    const image = swarmImage(ctx.packageRoot, bundle);
    const made = await buildProgram(ctx, apt, image, work, inputs.has("swarm") ? [plain, packed] : [plain]);
    carried = { path: plain, tag: image.tag, id: made.id };
    const version = await programVersion(ctx);
    if (inputs.has("swarm"))
      entries.push(await keep(ctx, inputs, "swarm", packed, { ...made, version, tag: image.tag }));
  }
  if (inputs.has("etcd")) {
    const file = join(work, builtNames.etcd);
    const image = etcdImage(ctx.packageRoot);
    const made = await buildProgram(ctx, apt, image, work, [file]);
    entries.push(await keep(ctx, inputs, "etcd", file, { ...made, tag: image.tag }));
  }
  if (machines && carried) entries.push(...(await buildMachines(ctx, apt, inputs, carried, work)));
  return entries;
}

async function buildMachines(
  ctx: ImageContext,
  apt: Apt,
  inputs: Inputs,
  swarm: CarriedImage,
  work: string,
): Promise<ImageEntry[]> {
  const entries: ImageEntry[] = [];
  const tree = await buildMachineTree(ctx, apt, work);
  const { packages, engineVersion: version } = tree;
  if (inputs.has("container")) {
    const file = join(work, builtNames.container);
    const made = await buildContainer(ctx, tree, swarm, work, file);
    entries.push(await keep(ctx, inputs, "container", file, { ...made, packages, version }));
  }
  if (inputs.has("iso")) {
    const file = join(work, builtNames.iso);
    const more = await buildIso(ctx, apt, tree, swarm, work, file);
    entries.push(await keep(ctx, inputs, "iso", file, { packages: [...packages, ...more], version }));
  }
  return entries;
}

async function programVersion(ctx: ImageContext): Promise<string> {
  const text = await readTextIfPresent(join(ctx.packageRoot, "package.json"));
  const found: unknown = text === undefined ? undefined : JSON.parse(text);
  return typeof found === "object" && found !== null ? String(Reflect.get(found, "version") ?? "") : "";
}

interface Made {
  readonly packages: readonly PackageFile[];
  readonly version: string;
  readonly id?: string;
  readonly layer?: string;
  readonly tag?: string;
}

async function keep(
  ctx: ImageContext,
  inputs: Inputs,
  kind: ImageKind,
  file: string,
  made: Made,
): Promise<ImageEntry> {
  const entry: ImageEntry = {
    name: builtNames[kind],
    kind,
    version: made.version,
    sizeBytes: (await stat(file)).size,
    sha256: await sha256OfFile(file),
    createdAt: new Date().toISOString(),
    origin: "built",
    ...inputsOf(inputs, kind),
    ...(made.tag === undefined ? {} : { tag: made.tag }),
    ...(made.id === undefined ? {} : { imageId: made.id }),
    ...(made.layer === undefined ? {} : { layer: made.layer }),
    packages: made.packages.map((one) => `${one.name}=${one.version}`),
  };
  await keepImage(ctx, file, entry);
  ctx.progress(`${imagePath(ctx, entry)}: ${Math.round(entry.sizeBytes / 2 ** 20)} MiB`);
  return entry;
}

function inputsOf(inputs: Inputs, kind: ImageKind): { inputs?: string } {
  const digest = inputs.get(kind);
  return digest === undefined ? {} : { inputs: digest };
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
