import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, systemCode } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import { type ImageContext, type ImageKind, isImageKind } from "./context.ts";

/** One image in the cache. */
export interface ImageEntry {
  /** Name of its file, by which it is listed and removed. */
  readonly name: string;
  readonly kind: ImageKind;
  /** Version of the engine (iso, container), of the program otherwise; "" where unknown. */
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly createdAt: string;
  /** "built", or the address it was fetched from. */
  readonly origin: string;
  /** Reference and id that an engine knows it by; not for an ISO. */
  readonly tag?: string;
  readonly imageId?: string;
  /** Digest of its layer, as in the label `machine.image.layer`. */
  readonly layer?: string;
  /** Digest of all that it was built from. */
  readonly inputs?: string;
  /** "name=version" of every Debian package in it. */
  readonly packages?: readonly string[];
}

/** File names of the images that are built here: a new build takes the place of the old one. */
export const builtNames: Readonly<Record<ImageKind, string>> = {
  iso: "boot2docker.iso",
  container: "machine.tar",
  swarm: "swarm.tar.gz",
  etcd: "etcd.tar.gz",
};

const details = ".json";

/** Folder of the images: MACHINE_IMAGE_CACHE, else `<store root>/cache/images`. */
export function imageDirectory(ctx: Pick<ImageContext, "env" | "storeRoot">): string {
  return ctx.env["MACHINE_IMAGE_CACHE"] || join(ctx.storeRoot, "cache", "images");
}

/** Folder of the packages that building has downloaded: MACHINE_BUILD_CACHE, else beside the images. */
export function buildDirectory(ctx: Pick<ImageContext, "env" | "storeRoot">): string {
  return ctx.env["MACHINE_BUILD_CACHE"] || join(ctx.storeRoot, "cache", "build");
}

export const imagePath = (ctx: Pick<ImageContext, "env" | "storeRoot">, entry: Pick<ImageEntry, "name">) =>
  join(imageDirectory(ctx), entry.name);

/** All images in the cache, newest first. */
export async function listImages(ctx: ImageContext): Promise<ImageEntry[]> {
  const directory = imageDirectory(ctx);
  const found: ImageEntry[] = [];
  for (const name of await namesIn(directory)) {
    if (!name.endsWith(details)) continue;
    const entry = parseEntry(await readTextIfPresent(join(directory, name)));
    if (entry === undefined || `${entry.name}${details}` !== name) continue;
    if ((await sizeOf(join(directory, entry.name))) === entry.sizeBytes) found.push(entry);
  }
  return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** The newest image of a kind that was built here or pulled without a name of its own. */
export async function newestImage(ctx: ImageContext, kind: ImageKind): Promise<ImageEntry | undefined> {
  return (await listImages(ctx)).find((entry) => entry.kind === kind);
}

/** Moves a finished file into the cache under `entry.name`. */
export async function keepImage(ctx: ImageContext, file: string, entry: ImageEntry): Promise<void> {
  const directory = imageDirectory(ctx);
  await ensureDirectory(directory);
  await rename(file, join(directory, entry.name));
  await writeFileAtomic(
    join(directory, `${entry.name}${details}`),
    `${JSON.stringify(entry, undefined, 2)}\n`,
    0o644,
  );
}

/** Removes an image from the cache by name or by kind; images in engines and machines stay. */
export async function removeImage(ctx: ImageContext, name: string): Promise<ImageEntry> {
  const entry = (await listImages(ctx)).find((one) => one.name === name || one.kind === name);
  if (entry === undefined) throw imageNotCached(name);
  await rm(`${imagePath(ctx, entry)}${details}`, { force: true });
  await rm(imagePath(ctx, entry), { force: true });
  return entry;
}

const imageNotCached = (name: string) =>
  new AppError("IMAGE_NOT_FOUND", `no image is named "${name}"`, { hint: "machine image ls" });

function parseEntry(text: string | undefined): ImageEntry | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // written by another version of this program, or by hand: no image
  }
  return isEntry(value) ? value : undefined;
}

function isEntry(value: unknown): value is ImageEntry {
  if (typeof value !== "object" || value === null) return false;
  const texts = ["name", "kind", "version", "sha256", "createdAt", "origin"];
  const record = new Map<string, unknown>(Object.entries(value));
  if (!texts.every((key) => typeof record.get(key) === "string")) return false;
  return typeof record.get("sizeBytes") === "number" && isImageKind(String(record.get("kind")));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return -1;
    throw error;
  }
}
