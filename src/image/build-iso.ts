import { chmod, copyFile, link, mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Apt, PackageFile } from "./apt.ts";
import { type CarriedImage, carryImage, type MachineTree } from "./build-machine.ts";
import type { ImageContext } from "./context.ts";
import { cpioOf } from "./cpio.ts";
import { findKernel, installBootModules, installModules } from "./kernel.ts";
import { isoPackages, kernelPackage } from "./recipe.ts";
import { overlay, unpackPackages } from "./tree.ts";

/** The machine as a CD that any VM boots: boot2docker's contract, see image/README.md. */
export async function buildIso(
  ctx: ImageContext,
  apt: Apt,
  tree: MachineTree,
  swarm: CarriedImage,
  work: string,
  target: string,
): Promise<readonly PackageFile[]> {
  const packages = (await apt.fetch(isoPackages)).filter(
    (one) => kernelPackage.test(one.name) || one.name === "isolinux" || one.name === "syslinux-common",
  );
  ctx.progress("unpacking the kernel");
  const unpacked = join(work, "boot");
  await mkdir(unpacked);
  await unpackPackages(ctx, packages, unpacked);
  const kernel = await findKernel(unpacked);

  // The tree is used up here: a container image is made of it before.
  const root = tree.path;
  await overlay(join(ctx.packageRoot, "image/iso"), root);
  await carryImage(ctx, root, swarm);
  ctx.progress(`choosing the modules of kernel ${kernel.version}`);
  await installModules(ctx, kernel, root);

  const iso = join(work, "iso");
  await mkdir(join(iso, "boot/isolinux"), { recursive: true });
  await writeInitrd(ctx, root, kernel.version, tree.epoch, work, join(iso, "boot/initrd.img"));
  await copyFile(kernel.image, join(iso, "boot/vmlinuz"));
  await link(join(iso, "boot/vmlinuz"), join(iso, "boot/vmlinuz64"));
  await copyFile(join(unpacked, "usr/lib/ISOLINUX/isolinux.bin"), join(iso, "boot/isolinux/isolinux.bin"));
  await copyFile(
    join(unpacked, "usr/lib/syslinux/modules/bios/ldlinux.c32"),
    join(iso, "boot/isolinux/ldlinux.c32"),
  );
  await copyFile(
    join(ctx.packageRoot, "image/isolinux/isolinux.cfg"),
    join(iso, "boot/isolinux/isolinux.cfg"),
  );

  ctx.progress("packing the root");
  await ctx.run(
    "mksquashfs",
    [
      root,
      join(iso, "boot/root.squashfs"),
      "-noappend",
      "-quiet",
      "-no-progress",
      "-no-xattrs",
      "-comp",
      "zstd",
      "-Xcompression-level",
      "6",
      "-b",
      "131072",
      "-mkfs-time",
      String(tree.epoch),
      "-all-time",
      String(tree.epoch),
    ],
    { timeoutMs: 900_000, env: { SOURCE_DATE_EPOCH: undefined } },
  );
  ctx.progress("writing the ISO");
  await writeIso(ctx, iso, join(unpacked, "usr/lib/ISOLINUX/isohdpfx.bin"), tree, target);
  return packages;
}

async function writeInitrd(
  ctx: ImageContext,
  root: string,
  kernelVersion: string,
  epoch: number,
  work: string,
  target: string,
): Promise<void> {
  const folder = join(work, "initramfs");
  await mkdir(join(folder, "bin"), { recursive: true });
  await copyFile(join(root, "usr/bin/busybox"), join(folder, "bin/busybox"));
  await chmod(join(folder, "bin/busybox"), 0o755);
  await overlay(join(ctx.packageRoot, "image/initramfs"), folder);
  await installBootModules(root, kernelVersion, folder);
  await ctx.run("depmod", ["-b", folder, kernelVersion]);
  const archive = join(work, "initrd.cpio");
  await writeFile(archive, await cpioOf(folder, epoch));
  await ctx.run("zstd", ["-q", "-f", "-12", "-T1", archive, "-o", target], { timeoutMs: 300_000 });
}

/** Source: xorriso's manual, "-as mkisofs" and SOURCE_DATE_EPOCH. */
async function writeIso(
  ctx: ImageContext,
  folder: string,
  bootRecord: string,
  tree: MachineTree,
  target: string,
): Promise<void> {
  const date = new Date(tree.epoch * 1000);
  for (const path of ["boot", "boot/isolinux", ""]) await utimes(join(folder, path), date, date);
  const stamp = date.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  const unfinished = `${target}.part`;
  await ctx.run(
    "xorriso",
    [
      "-report_about",
      "WARNING",
      "-as",
      "mkisofs",
      "-o",
      unfinished,
      "-quiet",
      "-A",
      "Boot2Docker",
      "-V",
      `b2d-v${tree.engineVersion}`,
      "-r",
      "-J",
      "-cache-inodes",

      `--modification-date=${stamp}00`,
      "--set_all_file_dates",
      `=${tree.epoch}`,
      "--gpt_disk_guid",
      "modification-date",
      "-isohybrid-mbr",
      bootRecord,
      "-b",
      "boot/isolinux/isolinux.bin",
      "-c",
      "boot/isolinux/boot.cat",
      "-no-emul-boot",
      "-boot-load-size",
      "4",
      "-boot-info-table",
      folder,
    ],
    { timeoutMs: 300_000, env: { SOURCE_DATE_EPOCH: String(tree.epoch), TZ: "UTC" } },
  );
  await rename(unfinished, target);
}
