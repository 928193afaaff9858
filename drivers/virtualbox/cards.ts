import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { MadeResource } from "#driver";
import { ensureDhcp, settingsBefore } from "./dhcp.ts";
import { ensureHostOnlyNet, usesHostOnlyNets } from "./hostonly-net.ts";
import type { HostCidr } from "./ipv4.ts";
import { ensureInterface, hostAddresses, listInterfaces, requireSoundInterfaces } from "./network.ts";
import type { VmInfo } from "./parse.ts";
import type { VBoxVersion } from "./version.ts";
import type { Announce, Vm } from "./vm.ts";

export interface CardsRequest {
  readonly cidr: HostCidr;
  readonly version: VBoxVersion;
  readonly announce: Announce;
  /** What other unfinished creates announced; undefined for a machine that is finished itself. */
  readonly othersMaking?: () => Promise<readonly MadeResource[]>;
  /** What the VM is now; undefined for one that was just made. */
  readonly info?: VmInfo;
  /** Further arguments of the same `modifyvm`. */
  readonly hardware?: readonly string[];
}

/**
 * Brings the host-only network, its DHCP server and both cards to what the config says, with one `modifyvm` or none.
 * All of it under the lock: no interface that another process is about to use is removed in between.
 * @returns the address the machine will have, or "" when it must be asked for
 */
export function connectCards(vm: Vm, request: CardsRequest): Promise<string> {
  return vm.ctx.withLock("hostonly", async () => {
    const mac = request.info?.get("macaddress2")?.toLowerCase() ?? macOf(vm);
    const { args, address } = await hostOnlyCard(vm, request, mac);
    const changes = [
      ...(request.hardware ?? []),
      ...missing(args, request.info),
      ...(await forwardArgs(vm, request.info)),
    ];
    if (changes.length > 0) await vm.vbox(["modifyvm", vm.name, ...changes]);
    return address;
  });
}

type Setting = readonly [key: string, value: string, ...args: string[]];

async function hostOnlyCard(
  vm: Vm,
  request: CardsRequest,
  mac: string,
): Promise<{ args: readonly Setting[]; address: string }> {
  const { cidr, announce, version } = request;
  const card: Setting[] = [
    ["nictype2", vm.config.HostOnlyNicType, "--nictype2", vm.config.HostOnlyNicType],
    ["macaddress2", mac.toUpperCase(), "--macaddress2", mac],
    ["cableconnected2", "on", "--cableconnected2", "on"],
  ];
  const promiscuous = { key: "nicpromisc2", value: vm.config.HostOnlyPromiscMode };
  // VirtualBox does not list the mode; it is set with whatever else changes
  const always: Setting = [promiscuous.key, promiscuous.value, "--nicpromisc2", promiscuous.value];
  if (usesHostOnlyNets(vm.ctx.platform, version)) {
    const name = await ensureHostOnlyNet(vm, cidr, announce);
    await shareInNetwork(request, name);
    const net: Setting = ["hostonly-network2", name, "--nic2", "hostonlynet", "--host-only-net2", name];
    return { args: [net, ...card, always], address: "" };
  }
  const interfaces = await listInterfaces(vm);
  requireSoundInterfaces(interfaces, cidr, hostAddresses());
  const adapter = await ensureInterface(vm, interfaces, cidr, announce);
  await shareInNetwork(request, adapter.name);
  const address = await ensureDhcp(vm, { cidr, interfaces, adapter, version, mac, announce });
  const nic: Setting = [
    "hostonlyadapter2",
    adapter.name,
    "--nic2",
    "hostonly",
    "--hostonlyadapter2",
    adapter.name,
  ];
  return { args: [nic, ...card, always], address };
}

/** A network that an unfinished create made is announced by all that use it: the last to be undone takes it away. */
async function shareInNetwork({ othersMaking, announce }: CardsRequest, name: string): Promise<void> {
  for (const resource of (await othersMaking?.()) ?? []) {
    if (isOfNetwork(resource, name)) await announce(resource);
  }
}

function isOfNetwork({ kind, id }: MadeResource, name: string): boolean {
  const network = kind === "dhcpsettings" ? settingsBefore(id)?.network : id;
  switch (kind) {
    case "hostonlyif":
    case "hostonlynet":
      return network === name;
    case "dhcpserver":
    case "dhcpsettings":
      return network === `HostInterfaceNetworking-${name}`;
    default:
      return false;
  }
}

/** Arguments of the settings that the VM has not yet. */
function missing(settings: readonly Setting[], info: VmInfo | undefined): string[] {
  const differs = ([key, value]: Setting) => key !== "nicpromisc2" && info?.get(key) !== value;
  if (!settings.some(differs)) return [];
  return settings.flatMap(([, , ...args]) => args);
}

/** NAT's rule for SSH: the port of last time where it is free, else another. */
export async function forwardArgs(vm: Vm, info: VmInfo | undefined): Promise<string[]> {
  const rules = [...(info ?? [])].flatMap(([key, value]) => (key.startsWith("Forwarding(") ? [value] : []));
  const present = rules.find((rule) => rule.startsWith("ssh,"));
  const wanted = vm.config.SSHPort > 0 && vm.config.SSHPort !== 22 ? vm.config.SSHPort : 0;
  const port = (await freePort(wanted)) ?? (await freePort(0)) ?? 0;
  vm.config.SSHPort = port;
  const rule = `ssh,tcp,127.0.0.1,${port},,22`;
  if (present === rule) return [];
  return [...(present === undefined ? [] : ["--natpf1", "delete", "ssh"]), "--natpf1", rule];
}

/** A port of 127.0.0.1 on which nobody listens: the wanted one or, for 0, any; undefined when it is taken. */
function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(port));
    });
  });
}

/**
 * The host-only card's address: VirtualBox's prefix and a digest of store and name, so that a machine that is made
 * again, or whose VM was deleted behind our back, finds its DHCP entry.
 */
export function macOf({ ctx, name }: Pick<Vm, "ctx" | "name">): string {
  return `080027${createHash("sha256").update(`${ctx.storeRoot}\n${name}`).digest("hex").slice(0, 6)}`;
}
