import { isAppError } from "#kit/errors";
import { type HostCidr, ipv4Number, ipv4Text, isInNetwork } from "./ipv4.ts";
import { leasedAddresses } from "./leases.ts";
import { type DhcpServer, type HostOnlyInterface, parseDhcpServers } from "./parse.ts";
import { isAtLeast, type VBoxVersion } from "./version.ts";
import type { Announce, Vm } from "./vm.ts";

export interface DhcpSettings {
  readonly address: string;
  readonly lower: string;
  readonly upper: string;
}

export interface DhcpRequest {
  readonly cidr: HostCidr;
  readonly interfaces: readonly HostOnlyInterface[];
  readonly adapter: HostOnlyInterface;
  readonly version: VBoxVersion;
  /** The card's address, twelve lower-case hex digits. */
  readonly mac: string;
  readonly announce: Announce;
}

/**
 * A DHCP server for the host-only network, which gives this card the same address for ever where VirtualBox can do so
 * (6.1 and newer). Settings that work are kept as they are. To be called under the lock.
 * @returns the card's address, or "" when the server chooses
 */
export async function ensureDhcp(vm: Vm, request: DhcpRequest): Promise<string> {
  const { adapter, cidr, mac } = request;
  const servers = await listDhcpServers(vm);
  await removeOrphans(vm, servers, request);
  const server = servers.find(({ networkName }) => networkName === adapter.networkName);
  const enabled = !vm.config.HostOnlyNoDHCP;
  const keep = server !== undefined && isSound(server, cidr) && server.enabled === enabled;
  const settings = keep ? server : dhcpSettings(cidr);
  const fixed =
    enabled && isAtLeast(request.version, 6, 1) ? await fixedAddress(vm, request, settings, server) : "";
  const changes = [
    ...(keep ? [] : settingsArgs(settings, cidr, enabled)),
    ...(fixed === "" || server?.fixed.get(mac) === fixed
      ? []
      : [`--mac-address=${colons(mac)}`, `--fixed-address=${fixed}`]),
  ];
  if (changes.length === 0) return fixed;
  if (server === undefined) await request.announce({ kind: "dhcpserver", id: adapter.networkName });
  else {
    if (!keep) await request.announce({ kind: "dhcpsettings", id: settingsId(server) });
    if (fixed !== "") await request.announce({ kind: "dhcplease", id: `${adapter.networkName} ${mac}` });
  }
  const verb = server === undefined ? "add" : "modify";
  await vm.vbox(["dhcpserver", verb, "--netname", adapter.networkName, ...changes]);
  // a new interface has no machine yet, and so no server that runs
  const isOld = request.interfaces.some(({ name }) => name === adapter.name);
  if (server !== undefined && isOld && isAtLeast(request.version, 6, 1))
    await restartServer(vm, adapter.networkName);
  return fixed;
}

export async function listDhcpServers(vm: Vm): Promise<DhcpServer[]> {
  return parseDhcpServers((await vm.vbox(["list", "dhcpservers"])).stdout);
}

/** A server that runs for other machines reads its settings at its start only. */
async function restartServer(vm: Vm, networkName: string): Promise<void> {
  try {
    await vm.vbox(["dhcpserver", "restart", "--network", networkName]);
  } catch (error) {
    if (!isAppError(error)) throw error;
    vm.ctx.log.debug(`the DHCP server of ${networkName} was not restarted: ${error.message}`); // it does not run yet
  }
}

/** Forgets the card's fixed address; a server or card that is not there is fine. */
export async function forgetLease(vm: Vm, networkName: string, mac: string): Promise<void> {
  try {
    await vm.vbox([
      "dhcpserver",
      "modify",
      "--netname",
      networkName,
      `--mac-address=${colons(mac)}`,
      "--remove-config",
    ]);
  } catch (error) {
    if (!isAppError(error)) throw error;
    vm.ctx.log.debug(`no fixed address of ${mac} was removed: ${error.message}`);
  }
}

/** What an announced fixed address belongs to. */
export function leaseOfId(id: string): { network: string; mac: string } | undefined {
  const [network, mac] = id.split(/ (?=[0-9a-f]{12}$)/);
  return network === undefined || mac === undefined ? undefined : { network, mac };
}

/** A server's settings, as an announcement of their change keeps them. */
function settingsId({ networkName, address, mask, lower, upper, enabled }: DhcpServer): string {
  return JSON.stringify([networkName, address, mask, lower, upper, enabled ? "--enable" : "--disable"]);
}

/** The network of an announced change of settings, and the arguments that bring back what was before. */
export function settingsBefore(id: string): { network: string; args: readonly string[] } | undefined {
  const words: unknown = JSON.parse(id);
  if (!Array.isArray(words)) return undefined;
  const [network = "", address = "", mask = "", lower = "", upper = "", mode = ""] = words.map(String);
  return {
    network,
    args: ["--ip", address, "--netmask", mask, "--lowerip", lower, "--upperip", upper, mode],
  };
}

/** Servers of interfaces that are gone and whose range is ours would answer in this network. */
async function removeOrphans(vm: Vm, servers: readonly DhcpServer[], request: DhcpRequest): Promise<void> {
  const known = new Set([request.adapter, ...request.interfaces].map(({ networkName }) => networkName));
  for (const { networkName, address } of servers) {
    const isOrphan = networkName.startsWith("HostInterfaceNetworking-") && !known.has(networkName);
    if (!isOrphan || !isInNetwork(address, request.cidr.network, request.cidr.prefix)) continue;
    try {
      await vm.vbox(["dhcpserver", "remove", "--netname", networkName]);
    } catch (error) {
      if (!isAppError(error)) throw error;
      vm.ctx.log.debug(`the DHCP server ${networkName} of a vanished interface stays: ${error.message}`);
    }
  }
}

function isSound(server: DhcpServer, cidr: HostCidr): boolean {
  const [lower, upper, host] = [server.lower, server.upper, cidr.address].map(ipv4Number);
  if (lower === undefined || upper === undefined || host === undefined) return false;
  return (
    server.mask === cidr.mask &&
    server.address !== cidr.address &&
    [server.address, server.lower, server.upper].every((one) =>
      isInNetwork(one, cidr.network, cidr.prefix),
    ) &&
    lower <= upper &&
    !(host >= lower && host <= upper)
  );
}

/**
 * The server's address and range, always the same for a network: the first free address, and .100 to .254 of the
 * host's block of 256 addresses, or all that is left in a smaller network; never the host's own address.
 */
export function dhcpSettings(cidr: HostCidr): DhcpSettings {
  const host = ipv4Number(cidr.address) ?? 0;
  const network = ipv4Number(cidr.network) ?? 0;
  const block = cidr.prefix < 24 ? Math.floor(host / 256) * 256 : network;
  const last = Math.min(block + 254, (ipv4Number(cidr.broadcast) ?? 0) - 1);
  const server = host === block + 1 ? block + 2 : block + 1;
  const first = cidr.prefix <= 24 ? block + 100 : server + 1;
  const [lower, upper] = withoutHost(first, last, host);
  return { address: ipv4Text(server), lower: ipv4Text(lower), upper: ipv4Text(upper) };
}

/** The larger part of a range that its host's address cuts in two. */
function withoutHost(first: number, last: number, host: number): [number, number] {
  if (host < first || host > last) return [Math.min(first, last), last];
  return host - first > last - host ? [first, host - 1] : [host + 1, last];
}

function settingsArgs(settings: DhcpSettings, cidr: HostCidr, enabled: boolean): string[] {
  return [
    "--ip",
    settings.address,
    "--netmask",
    cidr.mask,
    "--lowerip",
    settings.lower,
    "--upperip",
    settings.upper,
    enabled ? "--enable" : "--disable",
  ];
}

/** The address the card has already, else its last one, else the lowest that nobody has. */
async function fixedAddress(
  vm: Vm,
  request: DhcpRequest,
  settings: DhcpSettings,
  server: DhcpServer | undefined,
): Promise<string> {
  const present = server?.fixed.get(request.mac);
  if (present !== undefined && isInNetwork(present, request.cidr.network, request.cidr.prefix))
    return present;
  const taken = new Set(server?.fixed.values());
  for (const [mac, address] of await leasedAddresses(vm.ctx, request.adapter.networkName)) {
    if (mac !== request.mac) taken.add(address);
  }
  const [lower = 0, upper = 0] = [settings.lower, settings.upper].map((text) => ipv4Number(text) ?? 0);
  const last = ipv4Number(vm.config.IPAddress);
  if (last !== undefined && last >= lower && last <= upper && !taken.has(vm.config.IPAddress))
    return vm.config.IPAddress;
  for (let value = lower; value <= upper; value++) {
    if (!taken.has(ipv4Text(value))) return ipv4Text(value);
  }
  return "";
}

function colons(mac: string): string {
  return (mac.match(/../g) ?? []).join(":");
}
