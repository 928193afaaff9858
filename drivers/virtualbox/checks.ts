import { open, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { DriverContext } from "#driver";
import { AppError, isAppError, systemCode } from "#kit/errors";
import { readTextIfPresent } from "#kit/fs";
import { diskFull, hyperVIsOn, notAnIso, noVirtualization, vmExists, wrongArchitecture } from "./errors.ts";
import { usesHostOnlyNets } from "./hostonly-net.ts";
import type { HostCidr } from "./ipv4.ts";
import { type HostAddress, listInterfaces, requireSoundInterfaces } from "./network.ts";
import { requireAllowedRange } from "./networks-conf.ts";
import { parseVmList } from "./parse.ts";
import { requireUsable, type VBoxVersion } from "./version.ts";
import type { Vm } from "./vm.ts";

/** What the guest writes in its first minute. */
const leastFreeBytes = 200e6;

/**
 * Everything that can be known to fail before something is made.
 * @returns the version of VirtualBox
 */
export async function checkBeforeCreate(
  vm: Vm,
  cidr: HostCidr,
  addresses: readonly HostAddress[],
): Promise<VBoxVersion> {
  if (vm.ctx.arch !== "x64" && vm.ctx.arch !== "ia32") throw wrongArchitecture(vm.ctx.arch);
  const version = await requireUsable(vm.vbox);
  if (!vm.config.NoVTXCheck) await requireVirtualization(vm.ctx);
  await requireAllowedRange(cidr, version, vm.ctx.platform);
  await requireSpace(vm.ctx.storeRoot);
  const vms = parseVmList((await vm.vbox(["list", "vms"])).stdout);
  if (vms.some(({ name }) => name === vm.name)) throw vmExists(vm.name);
  if (!usesHostOnlyNets(vm.ctx.platform, version)) {
    requireSoundInterfaces(await listInterfaces(vm), cidr, addresses);
  }
  await requireIso(await findIso(vm));
  return version;
}

export function findIso(vm: Vm): Promise<string> {
  return vm.ctx.images.find({ kind: "iso", source: vm.config.Boot2DockerURL }, (message) =>
    vm.ctx.progress(message),
  );
}

/** An ISO 9660 image has its identifier at the start of its seventeenth sector. */
export async function requireIso(path: string): Promise<void> {
  const bytes = Buffer.alloc(5);
  try {
    const file = await open(path, "r");
    try {
      await file.read(bytes, 0, bytes.length, 0x8001);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new AppError("ISO_UNREADABLE", `the ISO image ${path} cannot be read (${code})`, {
      cause: error,
      hint: "check the path and its permissions",
    });
  }
  if (bytes.toString("latin1") !== "CD001") throw notAnIso(path);
}

/** The file system that will hold the machine, also when its folder is not there yet. */
async function requireSpace(folder: string): Promise<void> {
  const present = await nearestFolder(folder);
  const { bavail, bsize } = await statfs(present);
  if (bavail * bsize < leastFreeBytes) throw diskFull(present, leastFreeBytes, bavail * bsize);
}

async function nearestFolder(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    return nearestFolder(dirname(path));
  }
}

/** Is hardware virtualization there, and nobody else's? An answer that cannot be had counts as yes. */
export async function requireVirtualization(ctx: DriverContext): Promise<void> {
  if (ctx.platform === "win32") {
    if (await isHyperVActive(ctx)) throw hyperVIsOn();
  } else if (ctx.platform === "linux") {
    const cpus = await readTextIfPresent("/proc/cpuinfo");
    if (cpus !== undefined && !/^flags\s*:.*\b(vmx|svm)\b/m.test(cpus)) throw noVirtualization();
  } else if (ctx.platform === "darwin") {
    if ((await answer(ctx, "sysctl", ["-n", "kern.hv_support"]))?.trim() === "0") throw noVirtualization();
  }
}

/** wmic is gone from recent Windows 11, PowerShell is slow to start: the first that answers counts. */
async function isHyperVActive(ctx: DriverContext): Promise<boolean> {
  const byWmic = await answer(ctx, "wmic", ["computersystem", "get", "hypervisorpresent"]);
  if (byWmic !== undefined) return /TRUE/i.test(byWmic);
  const command = "(Get-CimInstance Win32_ComputerSystem).HypervisorPresent";
  return /TRUE/i.test((await answer(ctx, "powershell", ["-NoProfile", "-Command", command])) ?? "");
}

async function answer(
  ctx: DriverContext,
  file: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    return (await ctx.run(file, args, { timeoutMs: 10_000 })).stdout;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return undefined;
  }
}
