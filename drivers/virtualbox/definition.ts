import { chmod, constants, copyFile, link, rm } from "node:fs/promises";
import { cpus, homedir } from "node:os";
import { join } from "node:path";
import { AppError, systemCode } from "#kit/errors";
import { findIso } from "./checks.ts";
import { writeSparseVmdk } from "./disk.ts";
import { diskFull } from "./errors.ts";
import { magicTar } from "./magic-tar.ts";
import { parseVmInfo } from "./parse.ts";
import { isShareable, shareOf } from "./share.ts";
import { type Announce, diskPath, isoPath, keyPath, type Vm } from "./vm.ts";

/** Makes key, ISO and disk in the machine's folder. */
export async function makeFiles(vm: Vm, announce: Announce): Promise<void> {
  vm.ctx.progress("copying the ISO");
  await placeIso(vm);
  await announce({ kind: "disk", id: diskPath(vm) });
  if (vm.config.Boot2DockerImportVM !== "") {
    await importVm(vm);
    return;
  }
  vm.ctx.progress("making the SSH key and the disk");
  const publicKey = await vm.ctx.ssh.ensureKey(keyPath(vm));
  try {
    await writeSparseVmdk(diskPath(vm), vm.config.DiskSize * 1024 * 1024, magicTar(publicKey));
  } catch (error) {
    throw isFull(error) ? diskFull(vm.dir, vm.config.DiskSize * 128, 0) : error;
  }
}

/** The machine's own boot image: the found one by a second name, or a copy on another file system. */
export async function placeIso(vm: Vm): Promise<void> {
  const source = await findIso(vm);
  await rm(isoPath(vm), { force: true });
  try {
    await link(source, isoPath(vm));
  } catch {
    // another file system, or one without links; what is wrong with the source shows itself again here
    try {
      await copyFile(source, isoPath(vm), constants.COPYFILE_FICLONE);
    } catch (error) {
      throw isFull(error) ? diskFull(vm.dir, 200e6, 0) : error;
    }
  }
}

function isFull(error: unknown): boolean {
  return systemCode(error) === "ENOSPC" || systemCode(error) === "EDQUOT";
}

/** Takes disk, sizes and key of a VM that boot2docker-cli made. */
async function importVm(vm: Vm): Promise<void> {
  const source = vm.config.Boot2DockerImportVM;
  vm.ctx.progress(`cloning the disk of ${source}`);
  const info = parseVmInfo((await vm.vbox(["showvminfo", source, "--machinereadable"])).stdout);
  if (["running", "paused"].includes(info.get("VMState") ?? ""))
    await vm.vbox(["controlvm", source, "poweroff"]);
  const disk = [...info].find(([key, value]) => /^SATA-1-0$/.test(key) && value !== "none")?.[1];
  if (disk === undefined) {
    throw new AppError(
      "VBOX_IMPORT",
      `the VM "${source}" has no disk at SATA port 1: it is no boot2docker VM`,
    );
  }
  await vm.vbox(["clonemedium", "disk", disk, diskPath(vm)], { timeoutMs: 600_000 });
  vm.config.CPU = Number(info.get("cpus")) || vm.config.CPU;
  vm.config.Memory = Number(info.get("memory")) || vm.config.Memory;
  const home = vm.ctx.env["HOME"] ?? vm.ctx.env["USERPROFILE"] ?? homedir();
  for (const suffix of ["", ".pub"]) {
    const target = `${keyPath(vm)}${suffix}`;
    await copyFile(join(home, ".ssh", `id_boot2docker${suffix}`), target);
    await chmod(target, 0o600);
  }
}

/** `createvm`: an empty VM with its folder inside the machine's folder. */
export async function registerVm(vm: Vm): Promise<void> {
  await vm.vbox(["createvm", "--basefolder", vm.dir, "--name", vm.name, "--register"]);
}

/**
 * Arguments of the one `modifyvm` of a create, without the network cards. The short spellings are those of VirtualBox 5;
 * 7.2 has others and takes these too (tested against 7.2.22).
 */
export function hardwareArgs({ config }: Pick<Vm, "config">): string[] {
  const onOff = (on: boolean) => (on ? "on" : "off");
  return [
    ["--firmware", "bios"],
    ["--bioslogofadein", "off"],
    ["--bioslogofadeout", "off"],
    ["--bioslogodisplaytime", "0"],
    ["--biosbootmenu", "disabled"],
    ["--ostype", "Linux26_64"],
    ["--cpus", String(cpuCount(config.CPU, cpus().length))],
    ["--memory", String(config.Memory)],
    ["--acpi", "on"],
    ["--ioapic", "on"],
    ["--rtcuseutc", "on"],
    ["--natdnshostresolver1", onOff(config.HostDNSResolver)],
    ["--natdnsproxy1", onOff(config.DNSProxy)],
    ["--cpuhotplug", "off"],
    ["--pae", "on"],
    ["--hpet", "on"],
    ["--hwvirtex", "on"],
    ["--nestedpaging", "on"],
    ["--largepages", "on"],
    ["--vtxvpid", "on"],
    ["--accelerate3d", "off"],
    ["--boot1", "dvd"],
    ["--nic1", "nat"],
    ["--nictype1", config.NatNicType],
    ["--cableconnected1", "on"],
  ].flat();
}

/** Below 1 means all of the host's; VirtualBox takes 32 on every version. */
export function cpuCount(wanted: number, hostCpus: number): number {
  return Math.min(wanted < 1 ? Math.max(hostCpus, 1) : wanted, 32);
}

/** Drives and shared folder. */
export async function attachDrives(vm: Vm): Promise<void> {
  const { name, vbox } = vm;
  await vbox(["storagectl", name, "--name", "SATA", "--add", "sata", "--hostiocache", "on"]);
  const attach = (port: string, type: string, medium: string) =>
    vbox(
      ["storageattach", name, "--storagectl", "SATA", "--port", port, "--device", "0", "--type", type].concat(
        ["--medium", medium],
      ),
    );
  await attach("0", "dvddrive", isoPath(vm));
  await attach("1", "hdd", diskPath(vm));
  await addShare(vm);
}

async function addShare({ name, vbox, config, ctx }: Vm): Promise<void> {
  const share = shareOf(config, ctx.platform);
  if (share === undefined || !(await isShareable(share))) return;
  for (const property of ["MountPrefix", "MountDir"]) {
    await vbox(["guestproperty", "set", name, `/VirtualBox/GuestAdd/SharedFolders/${property}`, "/"]);
  }
  await vbox([
    "sharedfolder",
    "add",
    name,
    "--name",
    share.name,
    "--hostpath",
    share.hostPath,
    "--automount",
  ]);
  await vbox(["setextradata", name, `VBoxInternal2/SharedFoldersEnableSymlinksCreate/${share.name}`, "1"]);
}
