import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DriverEngine, DriverImages } from "../driver/driver.ts";
import { systemClock } from "../kit/clock.ts";
import { isAppError, messageOf, systemCode } from "../kit/errors.ts";
import { withLock } from "../kit/lock.ts";
import { digestLabel } from "./archive.ts";
import { type ArchiveSummary, readArchive } from "./archive-read.ts";
import { imageDirectory, imagePath, newestImage } from "./cache.ts";
import type { ImageContext } from "./context.ts";
import { imageNotFound, unknownImage } from "./errors.ts";
import { isoVolumeId, requireIso } from "./iso.ts";
import { type PullOptions, pulledBefore, pullImage } from "./pull.ts";
import { isReleases, latestRelease } from "./releases.ts";

/** boot2docker's last release: the project is archived, so there will be no newer one. */
const lastRelease = "https://github.com/boot2docker/boot2docker/releases/download/v19.03.12/boot2docker.iso";

/** The user's engine, which can also be given an image as an archive (`POST /images/load`). */
export type ImageEngine = Pick<DriverEngine, "request" | "load">;

export interface FinderOptions {
  readonly engine: ImageEngine;
  /** Token for GitHub's API; "" without. */
  readonly githubToken?: string;
  readonly pull?: PullOptions;
  /** Replaces `lastRelease`. */
  readonly fallbackUrl?: string;
}

type Show = (message: string, fraction?: number) => void;

/** Finds what machines boot from; see docs/images.md for the order. */
export function imageFinder(ctx: ImageContext, options: FinderOptions): DriverImages {
  return {
    find: (request, progress) => {
      const shown = { ...ctx, progress };
      return request.kind === "iso"
        ? findIso(shown, request.source, options)
        : findContainer(shown, request.source, options.engine, progress);
    },
  };
}

async function findIso(ctx: ImageContext, source: string, options: FinderOptions): Promise<string> {
  if (source === "") return defaultIso(ctx, options);
  if (!/^https?:\/\//i.test(source)) {
    const path = source.startsWith("file:") ? fileURLToPath(source) : resolve(source);
    await requireIso(path);
    return path;
  }
  const url = isReleases(source) ? await latestOrCached(ctx, source, options) : source;
  return isoFrom(ctx, url, options);
}

/** The newest image that was built or pulled, else the one of docker-machine's own cache, else boot2docker's last. */
async function defaultIso(ctx: ImageContext, options: FinderOptions): Promise<string> {
  const newest = await newestImage(ctx, "iso");
  if (newest !== undefined) {
    const path = imagePath(ctx, newest);
    await requireIso(path);
    return path;
  }
  const shared = join(ctx.storeRoot, "cache", "boot2docker.iso");
  if (await isIso(shared)) return shared;
  try {
    return await isoFrom(ctx, options.fallbackUrl ?? lastRelease, options);
  } catch (error) {
    if (!isAppError(error, "IMAGE_DOWNLOAD_FAILED")) throw error;
    throw imageNotFound(
      "no boot2docker ISO was built, and its last release could not be fetched",
      "machine image build iso makes one from Debian packages; machine image pull FILE takes one you have",
      error,
    );
  }
}

async function isoFrom(ctx: ImageContext, url: string, options: FinderOptions): Promise<string> {
  const cached = await pulledBefore(ctx, url);
  if (cached?.kind === "iso") return imagePath(ctx, cached);
  const { entry, verification } = await pullImage(ctx, url, options.pull);
  const path = imagePath(ctx, entry);
  await requireIso(path);
  if (verification === "not verified") {
    ctx.progress(`not verified: ${url} has the SHA-256 ${entry.sha256}, which is expected from now on`);
  }
  return path;
}

/** The newest release that a releases API names; offline the one that was fetched last. */
async function latestOrCached(ctx: ImageContext, api: string, options: FinderOptions): Promise<string> {
  try {
    return await latestRelease(api, {
      env: ctx.env,
      ...(options.githubToken ? { token: options.githubToken } : {}),
      ...options.pull?.download,
    });
  } catch (error) {
    const cached = await newestImage(ctx, "iso");
    if (cached === undefined || cached.origin === "built") throw error;
    ctx.log.warn(`${api} could not be asked (${messageOf(error)}); ${cached.version} from the cache is used`);
    return cached.origin;
  }
}

async function isIso(path: string): Promise<boolean> {
  try {
    return (await isoVolumeId(path)) !== undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

const buildHint = "machine image build container makes one from Debian packages";

async function findContainer(
  ctx: ImageContext,
  source: string,
  engine: ImageEngine,
  progress: Show,
): Promise<string> {
  if (source === "") {
    const entry = await newestImage(ctx, "container");
    if (entry?.tag === undefined) throw imageNotFound("no container machine image was built yet", buildHint);
    await ensureLoaded(ctx, engine, imagePath(ctx, entry), entry, progress);
    return entry.tag;
  }
  const path = source.startsWith("file:") ? fileURLToPath(source) : resolve(source);
  if (await isFile(path)) {
    const archive = await readArchive(path);
    if (archive === undefined || archive.tag === "") throw unknownImage(source);
    await ensureLoaded(ctx, engine, path, archive, progress);
    return archive.tag;
  }
  if (!isReference(source))
    throw imageNotFound(`there is no file "${source}", and no image can have that name`, buildHint);
  if ((await layerOf(engine, source)) !== undefined) return source;
  progress(`pulling ${source}`);
  await engine.request("POST", `/images/create?fromImage=${encodeURIComponent(withTag(source))}`);
  if ((await layerOf(engine, source)) !== undefined) return source;
  throw imageNotFound(`the engine has no image "${source}", and no registry gave it one`, buildHint);
}

/** Loads an archive unless the engine has the very same image under its tag; one process at a time does it. */
async function ensureLoaded(
  ctx: ImageContext,
  engine: ImageEngine,
  path: string,
  image: Partial<ArchiveSummary>,
  progress: Show,
): Promise<void> {
  const { tag = "", layer = "" } = image;
  const isThere = async () => {
    const present = await layerOf(engine, tag);
    return present !== undefined && layer !== "" && present === layer;
  };
  if (await isThere()) return;
  await withLock(
    join(imageDirectory(ctx), "load.lock"),
    async () => {
      if (await isThere()) return;
      progress(`loading ${tag} into the engine`);
      await engine.load(path);
    },
    { clock: systemClock, ...(ctx.signal === undefined ? {} : { signal: ctx.signal }) },
  );
}

/** The label by which an image on the engine is known; "" where it has none, undefined where there is no image. */
async function layerOf(engine: ImageEngine, reference: string): Promise<string | undefined> {
  const { status, body } = await engine.request("GET", `/images/${reference}/json`);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`the engine answered ${status} when asked for the image ${reference}`);
  const config: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "Config") : undefined;
  const labels: unknown =
    typeof config === "object" && config !== null ? Reflect.get(config, "Labels") : undefined;
  const label: unknown =
    typeof labels === "object" && labels !== null ? Reflect.get(labels, digestLabel) : undefined;
  return typeof label === "string" ? label : "";
}

/** What may stand in the path of a request; source: the OCI distribution specification, "Pulling manifests". */
const isReference = (text: string) =>
  /^[a-z0-9][a-z0-9._-]*(:\d+)?(\/[a-z0-9][a-z0-9._-]*)*(:[\w.-]+)?(@[a-z0-9]+:[0-9a-f]+)?$/i.test(text);

const withTag = (reference: string) => (/[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`);

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return false;
    throw error;
  }
}
