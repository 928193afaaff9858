import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Apt, PackageFile } from "./apt.ts";
import { writeImageArchive } from "./archive.ts";
import type { ImageContext } from "./context.ts";
import { architecture, imageTags, machinePackages } from "./recipe.ts";
import { newestFileTime, tarTree } from "./reproducible.ts";
import { finishMachineTree, overlay, prune, unpackPackages, wantedPackages } from "./tree.ts";

/** The root that all machines share, before what differs between a VM and a container is put in. */
export interface MachineTree {
  readonly path: string;
  readonly engineVersion: string;
  readonly packages: readonly PackageFile[];
  readonly epoch: number;
}

/** The swarm image as machines carry it. */
export interface CarriedImage {
  /** Not compressed: the machine's engine would have to unpack it at every first boot. */
  readonly path: string;
  readonly tag: string;
  readonly id: string;
}

export async function buildMachineTree(ctx: ImageContext, apt: Apt, work: string): Promise<MachineTree> {
  const path = join(work, "root");
  const packages = wantedPackages(await apt.fetch(machinePackages));
  ctx.progress(`unpacking ${packages.length} packages`);
  await mkdir(path);
  await unpackPackages(ctx, packages, path);
  const epoch = await epochOf(ctx, path);
  await prune(path);
  const engine = packages.find((one) => one.name === "docker.io")?.version ?? "0";
  const engineVersion = /^\d+(\.\d+)*/.exec(engine.replace(/^\d+:/, ""))?.[0] ?? engine;
  await overlay(join(ctx.packageRoot, "image/rootfs"), path);
  await writeFile(join(path, "usr/lib/os-release"), osRelease(engineVersion), { mode: 0o644 });
  await finishMachineTree(ctx, path);
  return { path, engineVersion, packages, epoch };
}

/** SOURCE_DATE_EPOCH, else the date of the newest file of the packages. */
export async function epochOf(ctx: ImageContext, unpacked: string): Promise<number> {
  const given = Number(ctx.env["SOURCE_DATE_EPOCH"]);
  return Number.isSafeInteger(given) && given > 0 ? given : newestFileTime(unpacked);
}

/** docker-machine knows the system by ID and wants exactly one "=" in each line. */
function osRelease(version: string): string {
  return [
    "NAME=Boot2Docker",
    `VERSION=${version}`,
    "ID=boot2docker",
    "ID_LIKE=debian",
    `VERSION_ID=${version}`,
    `PRETTY_NAME="Boot2Docker ${version} (Debian packages)"`,
    'ANSI_COLOR="1;34"',
    "",
  ].join("\n");
}

/** Puts the swarm image where load-images looks for it. */
export async function carryImage(ctx: ImageContext, root: string, image: CarriedImage): Promise<void> {
  const folder = join(root, "usr/share/machine/images");
  await mkdir(folder, { recursive: true });
  await ctx.run("cp", ["--", image.path, join(folder, "swarm.tar")]);
  await writeFile(join(folder, "swarm.id"), `${image.tag} ${image.id}\n`, { mode: 0o644 });
}

/** The machine as an image of a container engine; see image/README.md for how it is run. */
export async function buildContainer(
  ctx: ImageContext,
  tree: MachineTree,
  swarm: CarriedImage,
  work: string,
  target: string,
): Promise<{ id: string; layer: string; tag: string }> {
  ctx.progress("making the container machine image");
  const root = join(work, "container");
  await ctx.run("cp", ["-a", tree.path, root], { timeoutMs: 300_000 });
  await overlay(join(ctx.packageRoot, "image/container"), root);
  await carryImage(ctx, root, swarm);
  const layerPath = join(work, "container-layer.tar");
  await tarTree(ctx, root, layerPath, tree.epoch);
  const tag = imageTags.container(tree.engineVersion);
  const made = await writeImageArchive(
    {
      layerPath,
      tag,
      epoch: tree.epoch,
      architecture,
      config: {
        Entrypoint: ["/usr/sbin/init"],
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=docker"],
        ExposedPorts: { "22/tcp": {}, "2376/tcp": {} },
        Volumes: { "/var/lib/boot2docker": {}, "/var/lib/docker": {} },
        StopSignal: "SIGUSR2", // busybox init's word for "power off"
        Labels: { "machine.engine.version": tree.engineVersion },
      },
    },
    target,
  );
  return { ...made, tag };
}
