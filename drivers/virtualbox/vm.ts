import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DriverContext, MachineState, MadeResource } from "#driver";
import { isAppError, systemCode } from "#kit/errors";
import type { VirtualBoxConfig } from "./config.ts";
import { machineState, parseVmInfo, type VmInfo } from "./parse.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/** One machine's VM and what is needed to work on it. */
export interface Vm {
  readonly ctx: DriverContext;
  readonly vbox: VBoxManage;
  readonly config: VirtualBoxConfig;
  /** Name of the machine and of the VM. */
  readonly name: string;
  /** `<root>/machines/NAME`. */
  readonly dir: string;
}

/** Says beforehand what is about to be made. */
export type Announce = (resource: MadeResource) => Promise<void>;

export const isoPath = (vm: Vm) => join(vm.dir, "boot2docker.iso");
export const diskPath = (vm: Vm) => join(vm.dir, "disk.vmdk");
const logPath = (vm: Vm) => join(vm.dir, vm.name, "Logs", "VBox.log");
export const keyPath = (vm: Vm) => vm.config.SSHKeyPath || join(vm.dir, "id_rsa");

/** What VirtualBox knows of the VM, or undefined when it knows none. */
export async function vmInfo(vm: Vm): Promise<VmInfo | undefined> {
  try {
    const { stdout } = await vm.vbox(["showvminfo", vm.name, "--machinereadable"]);
    return parseVmInfo(stdout);
  } catch (error) {
    if (isAppError(error, "VBOX_VM_NOT_FOUND")) return undefined;
    throw error;
  }
}

export function stateOf(info: VmInfo | undefined): MachineState {
  return info === undefined ? "NotFound" : machineState(info.get("VMState") ?? "");
}

/** VirtualBox's log of the VM's last run; "" when there is none yet. */
export async function readVmLog(vm: Vm): Promise<string> {
  try {
    return await readFile(logPath(vm), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  }
}

/** The line of a log that says why a VM did not start; "" when no line does. */
export function reasonInLog(log: string): string {
  const line = log
    .split("\n")
    .findLast((text) => /Power up failed|VERR_[A-Z_]+|NOT support HW virtualization/.test(text));
  return line?.replace(/^[\d:.]+\s+/, "").trim() ?? "";
}

/** Does the log say that the CPU's virtualization could not be used? */
export function tellsOfMissingVirtualization(log: string): boolean {
  const lines = log.split("\n");
  const isOff = (line: string) =>
    (line.includes("VT-x is disabled") && !line.includes("Falling back to raw-mode")) ||
    line.includes("the host CPU does NOT support HW virtualization") ||
    line.includes("VERR_VMX_UNABLE_TO_START_VM");
  return lines.some(isOff) || (log.includes("Power up failed") && log.includes("VERR_VMX_NO_VMX"));
}
