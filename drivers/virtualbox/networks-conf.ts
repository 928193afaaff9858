import { AppError } from "#kit/errors";
import { readTextIfPresent } from "#kit/fs";
import { type HostCidr, ipv4Number, isInNetwork } from "./ipv4.ts";
import { isAtLeast, type VBoxVersion } from "./version.ts";

const path = "/etc/vbox/networks.conf";
const builtIn = "192.168.56.0/21";

const rangeNotAllowed = (cidr: HostCidr, ranges: readonly string[], configured: boolean) =>
  new AppError(
    "VBOX_RANGE_NOT_ALLOWED",
    `VirtualBox does not allow ${cidr.address}/${cidr.prefix} for a host-only network: ` +
      (configured
        ? `${path} allows ${ranges.join(", ") || "no IPv4 range"}`
        : `without ${path} it allows ${builtIn} only`),
    {
      hint:
        `add the line "* ${cidr.network}/${cidr.prefix}" to ${path}` +
        `, or choose an allowed address with --virtualbox-hostonly-cidr`,
    },
  );

/**
 * Refuses an address that VirtualBox would refuse, before anything is made. From 6.1.28 on, on Linux, macOS and
 * Solaris, only ranges of networks.conf are allowed, or 192.168.56.0/21 without that file.
 * Source: VirtualBox manual, "Host-Only Networking".
 */
export async function requireAllowedRange(
  cidr: HostCidr,
  version: VBoxVersion,
  platform: NodeJS.Platform,
): Promise<void> {
  if (platform === "win32" || !restrictsRanges(version)) return;
  const text = await readTextIfPresent(path);
  const ranges = text === undefined ? [builtIn] : allowedRanges(text);
  if (!ranges.some((range) => allows(range, cidr))) throw rangeNotAllowed(cidr, ranges, text !== undefined);
}

/** The IPv4 ranges of the lines that begin with an asterisk. */
export function allowedRanges(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("*"))
    .flatMap((line) => line.slice(1).trim().split(/\s+/))
    .filter((range) => ipv4Number(range.split("/")[0] ?? "") !== undefined);
}

function allows(range: string, cidr: HostCidr): boolean {
  const [network = "", prefix = "32"] = range.split("/");
  return Number(prefix) <= cidr.prefix && isInNetwork(cidr.address, network, Number(prefix));
}

function restrictsRanges(version: VBoxVersion): boolean {
  if (isAtLeast(version, 6, 2)) return true;
  const patch = /^6\.1\.(\d+)/.exec(version.text)?.[1];
  return patch !== undefined && Number(patch) >= 28;
}
