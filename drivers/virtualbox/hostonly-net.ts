import type { DriverContext } from "#driver";
import { dhcpSettings } from "./dhcp.ts";
import type { HostCidr } from "./ipv4.ts";
import { type HostOnlyNet, parseHostOnlyNets } from "./parse.ts";
import { isAtLeast, type VBoxVersion } from "./version.ts";
import type { Announce, Vm } from "./vm.ts";

/** VirtualBox 7 on macOS has host-only networks, with a DHCP server of the system, in the place of interfaces. */
export function usesHostOnlyNets(platform: DriverContext["platform"], version: VBoxVersion): boolean {
  return platform === "darwin" && isAtLeast(version, 7, 0);
}

/** The network whose first address is the host's. To be called under the lock. */
export async function ensureHostOnlyNet(vm: Vm, cidr: HostCidr, announce: Announce): Promise<string> {
  const nets = parseHostOnlyNets((await vm.vbox(["list", "hostonlynets"])).stdout);
  const present = findNet(nets, cidr);
  if (present !== undefined) {
    if (!present.enabled) await vm.vbox(["hostonlynet", "modify", `--name=${present.name}`, "--enable"]);
    return present.name;
  }
  const name = `machine-${cidr.network}-${cidr.prefix}`;
  await announce({ kind: "hostonlynet", id: name });
  await vm.vbox([
    "hostonlynet",
    "add",
    `--name=${name}`,
    `--netmask=${cidr.mask}`,
    `--lower-ip=${cidr.address}`,
    `--upper-ip=${dhcpSettings(cidr).upper}`,
    "--enable",
  ]);
  return name;
}

function findNet(nets: readonly HostOnlyNet[], cidr: HostCidr): HostOnlyNet | undefined {
  return nets.find(({ lower, mask }) => lower === cidr.address && mask === cidr.mask);
}
