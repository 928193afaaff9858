import { isAbsolute, relative } from "node:path";
import type { MachineState, MadeResource } from "#driver";
import { isAppError } from "#kit/errors";
import { poll } from "#kit/retry";
import { networkNameOf } from "./address.ts";
import { macOf } from "./cards.ts";
import { forgetLease, leaseOfId, listDhcpServers, settingsBefore } from "./dhcp.ts";
import { interfacesBefore, listInterfaces, networksInUse } from "./network.ts";
import type { VmInfo } from "./parse.ts";
import { cutPower } from "./power.ts";
import { settle } from "./settle.ts";
import { diskPath, isoPath, stateOf, type Vm, vmInfo } from "./vm.ts";

/**
 * Removes the VM with its disks and its fixed address, and of `made` what no other VM uses. Succeeds when nothing is
 * there. A VM of the same name that is not this machine's stays.
 * @param options settled: no call that made something is under way any more
 */
export async function removeVm(
  vm: Vm,
  made: readonly MadeResource[],
  options: { settled?: boolean } = {},
): Promise<void> {
  const cutOff = options.settled === true ? [] : made;
  await settle(vm, cutOff, "vm");
  const info = await vmInfo(vm);
  if (info !== undefined && isOurs(vm, info, made)) await unregister(vm, info);
  else if (made.some(({ kind }) => kind === "vm" || kind === "disk")) await closeMedia(vm);
  await vm.ctx.withLock("hostonly", async () => {
    await settle(vm, cutOff, "networks");
    await forgetAddresses(vm, info, made);
    if (made.some(({ kind }) => networkKinds.includes(kind))) await removeNetworks(vm, made);
  });
}

const networkKinds = ["hostonlyif", "dhcpserver", "dhcpsettings", "hostonlynet"];

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

/** So long a VM may take to let go, from the first attempt on. */
const unregisterMs = 60_000;

/** A `startvm` whose sender was ended may still turn on what was off a moment ago. */
async function unregister(vm: Vm, info: VmInfo): Promise<void> {
  vm.ctx.progress("removing the VM");
  let present: VmInfo | undefined = info;
  let failure: unknown;
  const gone = await poll(
    async () => {
      failure = await turnOffAndUnregister(vm, stateOf(present));
      if (failure === undefined) return true;
      present = await vmInfo(vm);
      return undefined;
    },
    { clock: vm.ctx.clock, timeoutMs: unregisterMs, intervalMs: 500, maxIntervalMs: 2_000 },
  );
  if (gone === undefined) throw failure;
  await closeIso(vm);
}

/** @returns why it is worth another attempt, undefined when the VM is gone */
async function turnOffAndUnregister(vm: Vm, state: MachineState): Promise<unknown> {
  if (state === "NotFound") return undefined; // another process was faster
  try {
    if (state !== "Stopped" && state !== "Saved") await cutPower(vm);
    await vm.vbox(["unregistervm", vm.name, "--delete"]);
    return undefined;
  } catch (error) {
    if (isAppError(error, "VBOX_VM_NOT_FOUND")) return undefined;
    if (isAppError(error, "VBOX_LOCKED") || state === "Starting") return error;
    throw error;
  }
}

/** Media can be known to VirtualBox although no VM has them: a create was ended in between. */
async function closeMedia(vm: Vm): Promise<void> {
  await tolerate(vm, ["closemedium", "disk", diskPath(vm)]);
  await closeIso(vm);
}

/** `unregistervm` lets VirtualBox's service remember the ISO (seen with 7.2.22). */
async function closeIso(vm: Vm): Promise<void> {
  await tolerate(vm, ["closemedium", "dvd", isoPath(vm)]);
}

async function forgetAddresses(
  vm: Vm,
  info: VmInfo | undefined,
  made: readonly MadeResource[],
): Promise<void> {
  const leases = new Map<string, string>();
  for (const { kind, id } of made) {
    const lease = kind === "dhcplease" ? leaseOfId(id) : undefined;
    if (lease !== undefined) leases.set(lease.network, lease.mac);
  }
  const network = networkNameOf(info);
  if (network !== "") leases.set(network, info?.get("macaddress2")?.toLowerCase() ?? macOf(vm));
  // its VM was removed by an `rm` that was ended then, or by somebody else
  if (info === undefined && leases.size === 0) {
    for (const { networkName, fixed } of await listDhcpServers(vm)) {
      if (fixed.has(macOf(vm))) leases.set(networkName, macOf(vm));
    }
  }
  for (const [name, mac] of leases) await forgetLease(vm, name, mac);
}

async function removeNetworks(vm: Vm, made: readonly MadeResource[]): Promise<void> {
  const ids = (kind: string) => made.filter((one) => one.kind === kind).map(({ id }) => id);
  const used = await networksInUse(vm);
  const isFree = (name: string) =>
    !used.has(name) && !used.has(name.replace(/^HostInterfaceNetworking-/, ""));
  for (const name of await madeInterfaces(vm, ids("hostonlyif"))) {
    if (isFree(name)) await tolerate(vm, ["hostonlyif", "remove", name]);
  }
  for (const name of ids("dhcpserver").filter(isFree)) {
    await tolerate(vm, ["dhcpserver", "remove", "--netname", name]);
  }
  for (const settings of ids("dhcpsettings").map(settingsBefore)) {
    if (settings === undefined || !isFree(settings.network)) continue;
    await tolerate(vm, ["dhcpserver", "modify", "--netname", settings.network, ...settings.args]);
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

async function tolerate(vm: Vm, args: readonly string[]): Promise<void> {
  try {
    await vm.vbox(args);
  } catch (error) {
    if (!isAppError(error)) throw error;
    vm.ctx.log.debug(`not removed: ${error.message}`); // it is gone already, or was never made
  }
}
