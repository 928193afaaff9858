import { networkInterfaces } from "node:os";
import { AppError, isAppError } from "#kit/errors";
import { poll } from "#kit/retry";
import { type HostCidr, networksOverlap, parseHostCidr, prefixOf } from "./ipv4.ts";
import { type HostOnlyInterface, parseHostOnlyInterfaces, parseLongVmList } from "./parse.ts";
import type { Announce, Vm } from "./vm.ts";

const duplicateInterfaces = (what: string, names: readonly string[]) =>
  new AppError(
    "VBOX_DUPLICATE_ADAPTERS",
    `two host-only interfaces have the same ${what}: ${names.join(", ")}`,
    {
      hint: `remove one of them: VBoxManage hostonlyif remove "${names.at(-1)}"`,
    },
  );

const networkCollision = (cidr: HostCidr, name: string, address: string) =>
  new AppError(
    "VBOX_NETWORK_COLLISION",
    `the host-only network ${cidr.network}/${cidr.prefix} collides with the interface ${name} (${address})`,
    { hint: "choose another network with --virtualbox-hostonly-cidr" },
  );

/** One address of the host, as `os.networkInterfaces` gives it. */
export interface HostAddress {
  readonly name: string;
  readonly cidr: string;
}

export function hostAddresses(): HostAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ cidr, family, internal }) =>
      cidr === null || family !== "IPv4" || internal ? [] : [{ name, cidr }],
    ),
  );
}

export async function listInterfaces(vm: Vm): Promise<HostOnlyInterface[]> {
  return parseHostOnlyInterfaces((await vm.vbox(["list", "hostonlyifs"])).stdout);
}

/** Host-only interfaces and networks that a card of any VM is attached to. */
export async function networksInUse(vm: Vm): Promise<Set<string>> {
  const vms = parseLongVmList((await vm.vbox(["list", "--long", "vms"])).stdout);
  return new Set(vms.flatMap(({ hostOnly }) => hostOnly));
}

/** Refuses a state of the host's interfaces in which a host-only network would not work. */
export function requireSoundInterfaces(
  interfaces: readonly HostOnlyInterface[],
  cidr: HostCidr,
  addresses: readonly HostAddress[],
): void {
  requireUnique(interfaces, "network name", (one) => one.networkName);
  requireUnique(interfaces, "address", (one) => (one.address === "0.0.0.0" ? "" : one.address));
  const ours = new Set(interfaces.flatMap(({ name, address }) => [name, address]));
  for (const { name, cidr: text } of addresses) {
    const network = parseHostCidr(text);
    if (network === undefined || ours.has(name) || ours.has(network.address)) continue;
    // a wider network of the host goes on working: the narrower route wins
    if (network.prefix >= cidr.prefix && networksOverlap(network, cidr))
      throw networkCollision(cidr, name, text);
  }
}

function requireUnique(
  interfaces: readonly HostOnlyInterface[],
  what: string,
  key: (one: HostOnlyInterface) => string,
): void {
  const seen = new Map<string, string>();
  for (const one of interfaces) {
    const value = key(one);
    if (value === "") continue;
    const other = seen.get(value);
    if (other !== undefined) throw duplicateInterfaces(what, [other, one.name]);
    seen.set(value, one.name);
  }
}

/** The interface whose host side is `cidr`; a fresh one reports the mask 15.0.0.0 (docker/machine#1843). */
export function findInterface(
  interfaces: readonly HostOnlyInterface[],
  cidr: HostCidr,
): HostOnlyInterface | undefined {
  return interfaces.find(
    ({ address, mask }) =>
      address === cidr.address &&
      (prefixOf(mask) === cidr.prefix || mask === "15.0.0.0" || mask === "0f000000"),
  );
}

/**
 * The host-only interface with the host's address `cidr`, made where there is none. To be called under the lock.
 * @param interfaces as `listInterfaces` gave them under the same lock
 */
export async function ensureInterface(
  vm: Vm,
  interfaces: readonly HostOnlyInterface[],
  cidr: HostCidr,
  announce: Announce,
): Promise<HostOnlyInterface> {
  const present = findInterface(interfaces, cidr);
  if (present !== undefined) return present;
  vm.ctx.progress("making a host-only network");
  warnOfElevation(vm);
  const before = interfaces.map(({ name }) => name);
  await announce({ kind: "hostonlyif", id: newInterfaceId(before) });
  const name = await createInterface(vm, before);
  await announce({ kind: "hostonlyif", id: name });
  await configureInterface(vm, name, cidr);
  return {
    name,
    address: cidr.address,
    mask: cidr.mask,
    dhcp: false,
    networkName: `HostInterfaceNetworking-${name}`,
  };
}

export async function configureInterface(vm: Vm, name: string, cidr: HostCidr): Promise<void> {
  await vm.vbox(["hostonlyif", "ipconfig", name, "--ip", cidr.address, "--netmask", cidr.mask]);
}

/** Windows may hide the question for an administrator's consent behind other windows. */
function warnOfElevation(vm: Vm): void {
  if (vm.ctx.platform !== "win32") return;
  vm.ctx.progress("Windows may ask for consent; look for a minimised window");
}

const newPrefix = "new after ";

/** Names an interface that is about to be made, by those that were there before. */
function newInterfaceId(before: readonly string[]): string {
  return `${newPrefix}${JSON.stringify(before)}`;
}

/** The names that were there before an announced interface was made; undefined for an id that is a name itself. */
export function interfacesBefore(id: string): readonly string[] | undefined {
  if (!id.startsWith(newPrefix)) return undefined;
  const names: unknown = JSON.parse(id.slice(newPrefix.length));
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** Errors after which no interface can have come to be. */
const definite = [
  "VBOX_ADAPTER_EXISTS",
  "VBOX_NO_KERNEL_DRIVER",
  "VBOX_NOT_FOUND",
  "VBOX_ACCESS_DENIED",
] as const;

/** VirtualBox can report a failure although the interface was made (its ticket 14040): then it is looked for. */
async function createInterface(vm: Vm, before: readonly string[]): Promise<string> {
  let failure: unknown;
  try {
    const { stdout } = await vm.vbox(["hostonlyif", "create"]);
    const name = /Interface '(.+)' was successfully created/.exec(stdout)?.[1];
    if (name !== undefined) return name;
  } catch (error) {
    if (!isAppError(error) || definite.some((code) => error.code === code)) throw error;
    failure = error;
  }
  const name = await poll(
    async () => (await listInterfaces(vm)).find((one) => !before.includes(one.name))?.name,
    {
      clock: vm.ctx.clock,
      timeoutMs: 5_000,
      intervalMs: 500,
      ...(vm.ctx.signal === undefined ? {} : { signal: vm.ctx.signal }),
    },
  );
  if (name !== undefined) return name;
  throw (
    failure ?? new AppError("VBOX_NO_ADAPTER", "VirtualBox made a host-only interface that cannot be seen")
  );
}
