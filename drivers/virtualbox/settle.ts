import type { MadeResource } from "#driver";
import { poll } from "#kit/retry";
import { leaseOfId, listDhcpServers } from "./dhcp.ts";
import { interfacesBefore, listInterfaces, networksInUse } from "./network.ts";
import { parseHostOnlyNets } from "./parse.ts";
import { type Vm, vmInfo } from "./vm.ts";

/** So long VirtualBox may take to show what a call goes on to make whose sender was ended; an interface takes longer. */
const settleMs = { hostonlyif: 5_000, others: 2_500 };

/**
 * After a create that was cut off: waits until what was announced last is there, so that what is removed now does not
 * appear afterwards. What was announced before it has been made, as the announcements come one by one.
 * @param part networks: to be called under the lock, so that whatever is new is ours
 */
export async function settle(vm: Vm, made: readonly MadeResource[], part: "vm" | "networks"): Promise<void> {
  const last = made.at(-1);
  if (last === undefined || (last.kind === "vm") !== (part === "vm")) return;
  await poll(async () => ((await isThere(vm, last)) ? true : undefined), {
    clock: vm.ctx.clock,
    timeoutMs: last.kind === "hostonlyif" ? settleMs.hostonlyif : settleMs.others,
    intervalMs: 200,
    maxIntervalMs: 1_000,
  });
}

async function isThere(vm: Vm, { kind, id }: MadeResource): Promise<boolean> {
  switch (kind) {
    case "vm":
      return (await vmInfo(vm)) !== undefined;
    case "hostonlyif":
      return hasNewInterface(vm, interfacesBefore(id));
    case "dhcpserver":
      return (await dhcpServer(vm, id)) !== undefined;
    case "dhcplease": {
      const lease = leaseOfId(id);
      return lease === undefined || (await dhcpServer(vm, lease.network))?.fixed.has(lease.mac) === true;
    }
    case "hostonlynet": {
      const nets = parseHostOnlyNets((await vm.vbox(["list", "hostonlynets"])).stdout);
      return nets.some(({ name }) => name === id);
    }
    default:
      return true; // made by this program itself
  }
}

/** @param before undefined: its name is known, and so it has been made */
async function hasNewInterface(vm: Vm, before: readonly string[] | undefined): Promise<boolean> {
  if (before === undefined) return true;
  const added = (await listInterfaces(vm)).filter(({ name }) => !before.includes(name));
  if (added.length === 0) return false;
  const used = await networksInUse(vm);
  return added.some(({ name }) => !used.has(name)); // one in use is another create's
}

async function dhcpServer(vm: Vm, name: string) {
  return (await listDhcpServers(vm)).find(({ networkName }) => networkName === name);
}
