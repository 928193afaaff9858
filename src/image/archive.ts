import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

/** The part of an image's configuration that we set; see the OCI image specification, "config". */
export interface ContainerConfig {
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  ExposedPorts?: Record<string, object>;
  Volumes?: Record<string, object>;
  Labels?: Record<string, string>;
  StopSignal?: string;
  Healthcheck?: {
    Test: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    Retries?: number;
  };
}

export interface ImageArchive {
  /** Tar of the one layer, not compressed. */
  readonly layerPath: string;
  readonly tag: string;
  readonly config: ContainerConfig;
  /** Seconds since 1970 that stand for every date in it. */
  readonly epoch: number;
  readonly architecture: string;
}

/** The label by which a loaded image is known again, whatever store the engine keeps it in. */
export const digestLabel = "machine.image.layer";

/**
 * Writes an image as `docker load`, podman and OCI tools read it: an OCI layout with docker's manifest.json beside.
 * The same input gives the same bytes.
 * @param target a path; compressed when it ends in ".gz"
 * @returns the image id that an engine gives it ("sha256:…") and the layer's digest
 */
export async function writeImageArchive(
  image: ImageArchive,
  target: string,
): Promise<{ id: string; layer: string }> {
  const layer = await sha256OfFile(image.layerPath);
  const config = JSON.stringify({
    architecture: image.architecture,
    config: { ...image.config, Labels: { ...image.config.Labels, [digestLabel]: layer } },
    created: new Date(image.epoch * 1000).toISOString(),
    history: [{ created: new Date(image.epoch * 1000).toISOString(), created_by: "machine image build" }],
    os: "linux",
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
  });
  const layerSize = (await stat(image.layerPath)).size;
  const configBlob = blob("application/vnd.oci.image.config.v1+json", config);
  const manifestBlob = blob(
    "application/vnd.oci.image.manifest.v1+json",
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: configBlob.descriptor,
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: `sha256:${layer}`, size: layerSize },
      ],
    }),
  );
  const files: [string, string][] = [
    [`blobs/sha256/${configBlob.hash}`, config],
    [`blobs/sha256/${manifestBlob.hash}`, manifestBlob.text],
    ["index.json", indexOf(manifestBlob.descriptor, image.tag)],
    [
      "manifest.json",
      JSON.stringify([
        {
          Config: `blobs/sha256/${configBlob.hash}`,
          RepoTags: [image.tag],
          Layers: [`blobs/sha256/${layer}`],
        },
      ]),
    ],
    ["oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })],
  ];

  const tar = pack();
  const mtime = new Date(image.epoch * 1000);
  const writing = (async () => {
    for (const name of ["blobs/", "blobs/sha256/"])
      tar.entry({ name, type: "directory", mode: 0o755, mtime });
    await new Promise<void>((resolve, reject) => {
      const entry = tar.entry(
        { name: `blobs/sha256/${layer}`, size: layerSize, mode: 0o644, mtime },
        (error) => {
          if (error) reject(error);
          else resolve();
        },
      );
      pipeline(createReadStream(image.layerPath), entry).catch(reject);
    });
    for (const [name, content] of files) tar.entry({ name, mode: 0o644, mtime }, content);
    tar.finalize();
  })();
  const output = createWriteStream(target, { mode: 0o644 });
  await Promise.all([
    writing,
    target.endsWith(".gz") ? pipeline(tar, createGzip({ level: 6 }), output) : pipeline(tar, output),
  ]);
  return { id: `sha256:${configBlob.hash}`, layer };
}

function blob(mediaType: string, text: string) {
  const hash = createHash("sha256").update(text).digest("hex");
  const size = Buffer.byteLength(text);
  return { hash, text, descriptor: { mediaType, digest: `sha256:${hash}`, size } };
}

function indexOf(descriptor: object, tag: string): string {
  const full = tag.includes("/") ? `docker.io/${tag}` : `docker.io/library/${tag}`;
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor,
        annotations: {
          "io.containerd.image.name": full,
          "org.opencontainers.image.ref.name": tag.slice(tag.lastIndexOf(":") + 1),
        },
      },
    ],
  });
}

/** SHA-256 of a file, in hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
