import { chmod, copyFile, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Apt, PackageFile } from "./apt.ts";
import { type ContainerConfig, writeImageArchive } from "./archive.ts";
import { epochOf } from "./build-machine.ts";
import type { ImageContext } from "./context.ts";
import { architecture } from "./recipe.ts";
import { tarTree } from "./reproducible.ts";
import { bundleCertificates, overlay, prune, unpackPackages } from "./tree.ts";

/** An image that holds one program, the libraries that it needs, and nothing else: no shell, no package manager. */
export interface ProgramImage {
  readonly name: string;
  readonly tag: string;
  /** Packages to take files from; what they depend on is unpacked too. */
  readonly packages: readonly string[];
  /** The one whose version is the image's. */
  readonly versionOf: string;
  /** Files to take. */
  readonly files: readonly string[];
  /** Shared libraries by soname, from the folder of the architecture; copied, not linked. */
  readonly libraries: readonly string[];
  readonly folders: Readonly<Record<string, number>>;
  readonly links: Readonly<Record<string, string>>;
  /** More files: folder → place in the image. */
  readonly overlays: readonly (readonly [from: string, to: string])[];
  readonly config: ContainerConfig;
}

export interface BuiltProgram {
  readonly id: string;
  readonly layer: string;
  readonly packages: readonly PackageFile[];
  readonly version: string;
  readonly epoch: number;
}

/**
 * Builds a program's image.
 * @param targets where the archive goes; one that ends in ".gz" is compressed
 */
export async function buildProgram(
  ctx: ImageContext,
  apt: Apt,
  image: ProgramImage,
  work: string,
  targets: readonly string[],
): Promise<BuiltProgram> {
  const all = await apt.fetch(image.packages);
  ctx.progress(`making the ${image.name} image`);
  const unpacked = join(work, `${image.name}-packages`);
  await mkdir(unpacked);
  await unpackPackages(ctx, all, unpacked);
  const epoch = await epochOf(ctx, unpacked);
  await prune(unpacked, []);

  const root = join(work, `${image.name}-root`);
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(join(root, "usr", name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  const library = (name: string) => `usr/lib/x86_64-linux-gnu/${name}`;
  const licences = all.map((one) => `usr/share/doc/${one.name}/copyright`);
  await bundleCertificates(unpacked);
  for (const file of [...image.files, ...image.libraries.map(library), "etc/ssl/certs/ca-certificates.crt"]) {
    await takeFile(unpacked, root, file);
  }
  for (const file of licences) await takeFile(unpacked, root, file).catch(() => undefined); // a link into another package
  for (const [from, to] of image.overlays) {
    await mkdir(join(root, to), { recursive: true });
    await overlay(from, join(root, to));
  }
  for (const [folder, mode] of Object.entries(image.folders)) {
    await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, folder), mode);
  }
  for (const [link, target] of Object.entries(image.links)) await symlink(target, join(root, link));

  const layerPath = join(work, `${image.name}-layer.tar`);
  await tarTree(ctx, root, layerPath, epoch, { ownedByRoot: true });
  let made = { id: "", layer: "" };
  for (const target of targets) {
    made = await writeImageArchive(
      { layerPath, tag: image.tag, config: image.config, epoch, architecture },
      target,
    );
  }
  const version = all.find((one) => one.name === image.versionOf)?.version ?? "";
  return { ...made, packages: all, version, epoch };
}

async function takeFile(from: string, to: string, file: string): Promise<void> {
  await mkdir(dirname(join(to, file)), { recursive: true });
  await copyFile(join(from, file), join(to, file));
  await chmod(join(to, file), /^usr\/s?bin\/|\/ld-linux/.test(file) ? 0o755 : 0o644);
}
