import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { digestLabel } from "./archive.ts";

/** What an image archive tells about the image in it. */
export interface ArchiveSummary {
  readonly tag: string;
  readonly imageId: string;
  /** Label `machine.image.layer`; "" in images of other programs. */
  readonly layer: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Entries longer than this are layers, and no concern of ours. */
const longestText = 4 * 1024 * 1024;

/**
 * Reads what `docker save` or `machine image build` wrote, compressed by gzip or not.
 * @returns undefined where the file is no image archive
 */
export async function readArchive(path: string): Promise<ArchiveSummary | undefined> {
  const texts = new Map<string, string>();
  const tar = extract();
  tar.on("entry", (header, stream, next) => {
    const isText = header.type === "file" && header.size <= longestText;
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk) => {
      if (isText && chunk instanceof Uint8Array) chunks.push(chunk);
    });
    stream.on("end", () => {
      if (isText) texts.set(header.name, Buffer.concat(chunks).toString("utf8"));
      next();
    });
    stream.on("error", () => undefined); // told by the pipeline too
    stream.resume();
  });
  const source: Readable = createReadStream(path);
  try {
    if (await isGzip(path)) await pipeline(source, createGunzip(), tar);
    else await pipeline(source, tar);
  } catch {
    return undefined; // no tar, or one that is cut: no image either way
  }
  return summaryOf(texts);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Source: Docker's image specification v1.2, "Combined Image JSON + Filesystem Changeset Format". */
function summaryOf(texts: ReadonlyMap<string, string>): ArchiveSummary | undefined {
  const manifest = parse(texts.get("manifest.json"));
  const first: unknown = Array.isArray(manifest) ? manifest[0] : undefined;
  const configName = field(first, "Config");
  const tags = field(first, "RepoTags");
  if (typeof configName !== "string") return undefined;
  const labels = field(field(parse(texts.get(configName)), "config"), "Labels");
  const plainLabels: Record<string, string> = {};
  if (typeof labels === "object" && labels !== null) {
    for (const [name, value] of Object.entries(labels)) plainLabels[name] = String(value);
  }
  const digest = /([0-9a-f]{64})(?:\.json)?$/.exec(configName)?.[1];
  return {
    tag: Array.isArray(tags) && typeof tags[0] === "string" ? tags[0] : "",
    imageId: digest === undefined ? "" : `sha256:${digest}`,
    layer: plainLabels[digestLabel] ?? "",
    labels: plainLabels,
  };
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // answered by the caller: no image archive
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
