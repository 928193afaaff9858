import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../kit/clock.ts";
import { systemCode } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import { withLock } from "../kit/lock.ts";
import { sha256OfFile } from "./archive.ts";
import { readArchive } from "./archive-read.ts";
import { type ImageEntry, imageDirectory, keepImage, listImages } from "./cache.ts";
import type { ImageContext, ImageKind } from "./context.ts";
import { type DownloadOptions, download } from "./download.ts";
import { imageNotFound, unknownImage, wrongDigest } from "./errors.ts";
import { isoVolumeId, versionOfVolume } from "./iso.ts";

/** How far the content is known to be what its publisher meant. */
export type Verification = "given" | "pinned" | "not verified";

export interface Pulled {
  readonly entry: ImageEntry;
  /** "given": equal to --sha256. "pinned": the same as when it was first fetched. */
  readonly verification: Verification;
}

export interface PullOptions {
  /** Hex, with or without "sha256:" before it. */
  readonly sha256?: string;
  readonly download?: Omit<DownloadOptions, "env" | "progress">;
}

/**
 * Fetches an image from a URL or a file into the cache. The digest of a URL is remembered at the first time, and what
 * has another one later is refused.
 * @throws IMAGE_DOWNLOAD_FAILED, IMAGE_DIGEST_MISMATCH, IMAGE_UNKNOWN, IMAGE_NOT_FOUND
 */
export async function pullImage(
  ctx: ImageContext,
  source: string,
  options: PullOptions = {},
): Promise<Pulled> {
  const directory = imageDirectory(ctx);
  await ensureDirectory(directory);
  const lock = join(directory, `pull-${shortName(source)}.lock`);
  return withLock(lock, () => pullHere(ctx, directory, source, options), {
    clock: systemClock,
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
    onWait: () => ctx.progress("waiting for another process that fetches the same"),
  });
}

async function pullHere(
  ctx: ImageContext,
  directory: string,
  source: string,
  options: PullOptions,
): Promise<Pulled> {
  const remote = /^https?:\/\//i.test(source);
  const work = remote ? undefined : await mkdtemp(join(directory, "copy-"));
  // A transfer that is cut is taken up again by the next call, so its name is the same each time.
  const part = join(work ?? directory, `${shortName(source)}.part`);
  try {
    const actual = remote ? await fetchUrl(ctx, source, part, options) : await copyLocal(source, part);
    const given = options.sha256?.toLowerCase().replace(/^sha256:/, "");
    const pins = await readPins(directory);
    const expected = given ?? (remote ? pins[source] : undefined);
    if (expected !== undefined && expected !== actual) {
      await rm(part, { force: true });
      throw wrongDigest(withoutSecrets(source), expected, actual, given === undefined);
    }
    const entry = await describe(part, withoutSecrets(source), actual);
    await keepImage(ctx, part, entry);
    if (remote && pins[source] !== actual) await writePins(directory, { ...pins, [source]: actual });
    return {
      entry,
      verification: given !== undefined ? "given" : expected !== undefined ? "pinned" : "not verified",
    };
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

async function fetchUrl(ctx: ImageContext, url: string, part: string, options: PullOptions): Promise<string> {
  const shown = withoutSecrets(url);
  let told = -1;
  return download(url, part, {
    env: ctx.env,
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
    ...options.download,
    progress: (received, total) => {
      const percent = total ? Math.floor((received * 100) / total) : 0;
      if (percent === told) return;
      told = percent;
      ctx.progress(`fetching ${shown}`, total ? received / total : undefined);
    },
  });
}

async function copyLocal(source: string, part: string): Promise<string> {
  const path = source.startsWith("file:") ? fileURLToPath(source) : resolve(source);
  try {
    if ((await stat(path)).isFile()) {
      await copyFile(path, part);
      return await sha256OfFile(part);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw imageNotFound(`${path} cannot be read (${systemCode(error)})`, "name a file or a URL", error);
  }
  throw imageNotFound(`${path} is no file`, "name a file or a URL");
}

/** What kind of image a file is, and under which name it is kept. */
async function describe(path: string, origin: string, sha256: string): Promise<ImageEntry> {
  const common = {
    sizeBytes: (await stat(path)).size,
    sha256,
    createdAt: new Date().toISOString(),
    origin,
  };
  const named = (kind: ImageKind, version: string, end: string) => ({
    ...common,
    kind,
    version,
    name: `${kind}-${version === "" ? "" : `${version.replaceAll(/[^\w.+-]/g, "_")}-`}${sha256.slice(0, 12)}${end}`,
  });
  const volume = await isoVolumeId(path);
  if (volume !== undefined) return named("iso", versionOfVolume(volume), ".iso");
  const archive = await readArchive(path);
  const kind = archive === undefined ? undefined : kindOfTag(archive.tag);
  if (archive === undefined || kind === undefined) {
    await rm(path, { force: true });
    throw unknownImage(origin);
  }
  return {
    ...named(kind, archive.labels["machine.engine.version"] ?? "", ".tar"),
    tag: archive.tag,
    imageId: archive.imageId,
    layer: archive.layer,
  };
}

function kindOfTag(tag: string): ImageKind | undefined {
  const repository = tag.replace(/:[^/]*$/, "");
  if (repository === "machine/boot2docker") return "container";
  return repository === "swarm" || repository === "etcd" ? repository : undefined;
}

/** The cached image that came from an address, newest first; its content is pinned, so it needs no asking again. */
export async function pulledBefore(ctx: ImageContext, url: string): Promise<ImageEntry | undefined> {
  return (await listImages(ctx)).find((entry) => entry.origin === withoutSecrets(url));
}

const pinsFile = "digests.json";

async function readPins(directory: string): Promise<Record<string, string>> {
  const text = await readTextIfPresent(join(directory, pinsFile));
  const pins: Record<string, string> = {};
  if (text === undefined) return pins;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return pins;
  for (const [url, digest] of Object.entries(value)) if (typeof digest === "string") pins[url] = digest;
  return pins;
}

async function writePins(directory: string, pins: Record<string, string>): Promise<void> {
  await writeFileAtomic(join(directory, pinsFile), `${JSON.stringify(pins, undefined, 2)}\n`);
}

/** A URL as it may be shown and kept: without name, password and query. */
function withoutSecrets(source: string): string {
  if (!URL.canParse(source) || !/^https?:/i.test(source)) return source;
  const url = new URL(source);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}

function shortName(source: string): string {
  const plain = basename(withoutSecrets(source)).replaceAll(/[^\w.-]/g, "_");
  let sum = 0;
  for (const letter of source) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return `${plain.slice(0, 60)}-${sum.toString(16)}`;
}
