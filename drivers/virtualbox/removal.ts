import { isAbsolute, relative } from "node:path";
import type { MadeResource } from "#driver";
import { isAppError } from "#kit/errors";
import { networkNameOf } from "./address.ts";
import { macOf } from "./cards.ts";
import { forgetLease } from "./dhcp.ts";
import { interfacesBefore, listInterfaces } from "./network.ts";
import { type LongListedVm, parseLongVmList, type VmInfo } from "./parse.ts";
import { cutPower } from "./power.ts";
import { diskPath, stateOf, type Vm, vmInfo } from "./vm.ts";

/**
 * Removes the VM with its disks and its fixed address, and of `made` what no other VM uses. Succeeds when nothing is
 * there. A VM of the same name that is not this machine's stays.
 */
export async function removeVm(vm: Vm, made: readonly MadeResource[]): Promise<void> {
  const info = await vmInfo(vm);
  if (info !== undefined && isOurs(vm, info, made)) await unregister(vm, info);
  else if (made.some(({ kind }) => kind === "vm" || kind === "disk")) await closeDisk(vm);
  await vm.ctx.withLock("hostonly", async () => {
    await forgetAddresses(vm, info, made);
    if (made.some(({ kind }) => ["hostonlyif", "dhcpserver", "hostonlynet"].includes(kind))) {
      await removeNetworks(vm, made);
    }
  });
}

/**
 * Is the VM of this name the machine's? Its definition lies in the machine's folder, or, for a finished machine whose
 * store was moved, in the same place of another store.
 */
function isOurs(vm: Vm, info: VmInfo, made: readonly MadeResource[]): boolean {
  const file = info.get("CfgFile") ?? "";
  const inside = relative(vm.dir, file);
  if (inside !== "" && !inside.startsWith("..") && !isAbsolute(inside)) return true;
  const place = `/machines/${vm.name}/${vm.name}/${vm.name}.vbox`;
  return made.length === 0 && vm.config.IPAddress !== "" && file.replaceAll("\\", "/").endsWith(place);
}

async function unregister(vm: Vm, info: VmInfo): Promise<void> {
  const state = stateOf(info);
  if (state !== "Stopped" && state !== "Saved") await cutPower(vm);
  vm.ctx.progress("removing the VM");
  try {
    await vm.vbox(["unregistervm", vm.name, "--delete"]);
  } catch (error) {
    if (!isAppError(error, "VBOX_VM_NOT_FOUND")) throw error; // another process was faster
  }
}

/** A disk can be known to VirtualBox although no VM has it: a create was ended in between. */
async function closeDisk(vm: Vm): Promise<void> {
  await tolerate(vm, ["closemedium", "disk", diskPath(vm)]);
}

async function forgetAddresses(
  vm: Vm,
  info: VmInfo | undefined,
  made: readonly MadeResource[],
): Promise<void> {
  const leases = new Map<string, string>();
  for (const { kind, id } of made) {
    const [network, mac] = id.split(/ (?=[0-9a-f]{12}$)/);
    if (kind === "dhcplease" && network !== undefined && mac !== undefined) leases.set(network, mac);
  }
  const network = networkNameOf(info);
  if (network !== "") leases.set(network, info?.get("macaddress2")?.toLowerCase() ?? macOf(vm));
  for (const [name, mac] of leases) await forgetLease(vm, name, mac);
}

async function removeNetworks(vm: Vm, made: readonly MadeResource[]): Promise<void> {
  const ids = (kind: string) => made.filter((one) => one.kind === kind).map(({ id }) => id);
  const used = usedNetworks(parseLongVmList((await vm.vbox(["list", "--long", "vms"])).stdout));
  const isFree = (name: string) =>
    !used.has(name) && !used.has(name.replace(/^HostInterfaceNetworking-/, ""));
  for (const name of await madeInterfaces(vm, ids("hostonlyif"))) {
    if (isFree(name)) await tolerate(vm, ["hostonlyif", "remove", name]);
  }
  for (const name of ids("dhcpserver").filter(isFree)) {
    await tolerate(vm, ["dhcpserver", "remove", "--netname", name]);
  }
  for (const name of ids("hostonlynet").filter(isFree)) {
    await tolerate(vm, ["hostonlynet", "remove", `--name=${name}`]);
  }
}

/** The interfaces that an announcement names, among those that are there. */
async function madeInterfaces(vm: Vm, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const present = (await listInterfaces(vm)).map(({ name }) => name);
  const names = new Set(ids);
  // the create was ended before it could tell the name: then it is the one that came since, and only that
  const told = ids.some((id) => interfacesBefore(id) === undefined);
  const before = told ? undefined : ids.map(interfacesBefore).find((list) => list !== undefined);
  const isNew = (name: string) => before !== undefined && !before.includes(name);
  return present.filter((name) => names.has(name) || isNew(name));
}

function usedNetworks(vms: readonly LongListedVm[]): Set<string> {
  return new Set(vms.flatMap(({ hostOnly }) => hostOnly));
}

async function tolerate(vm: Vm, args: readonly string[]): Promise<void> {
  try {
    await vm.vbox(args);
  } catch (error) {
    if (!isAppError(error)) throw error;
    vm.ctx.log.debug(`not removed: ${error.message}`); // it is gone already, or was never made
  }
}
