import { posix, win32 } from "node:path";
import type { DriverContext } from "#driver";
import { readTextIfPresent } from "#kit/fs";
import { bareMac } from "./parse.ts";

/**
 * What a network's DHCP server has given out: addresses by card (twelve lower-case hex digits). VirtualBox keeps one
 * XML file per network in its home folder; no file means no answer, not an error.
 */
export async function leasedAddresses(ctx: DriverContext, networkName: string): Promise<Map<string, string>> {
  const path = ctx.platform === "win32" ? win32 : posix;
  for (const home of virtualBoxHomes(ctx)) {
    const text = await readTextIfPresent(path.join(home, `${networkName}-Dhcpd.leases`));
    if (text !== undefined) return parseLeases(text);
  }
  return new Map();
}

export function parseLeases(text: string): Map<string, string> {
  const leases = new Map<string, string>();
  for (const [, attributes = "", content = ""] of text.matchAll(/<Lease\s([^>]*)>([\s\S]*?)<\/Lease>/g)) {
    const mac = /\bmac="([^"]+)"/.exec(attributes)?.[1];
    const state = /\bstate="([^"]+)"/.exec(attributes)?.[1];
    const address = /<Address\s[^>]*value="([\d.]+)"/.exec(content)?.[1];
    if (mac !== undefined && address !== undefined && state !== "expired") leases.set(bareMac(mac), address);
  }
  return leases;
}

/** Where VirtualBox keeps its settings. Source: VirtualBox manual, "Global configuration data". */
export function virtualBoxHomes({ env, platform }: Pick<DriverContext, "env" | "platform">): string[] {
  const named = env["VBOX_USER_HOME"];
  if (named !== undefined && named !== "") return [named];
  if (platform === "win32") return [win32.join(env["USERPROFILE"] ?? "", ".VirtualBox")];
  const home = env["HOME"] ?? "";
  if (platform === "darwin") return [posix.join(home, "Library", "VirtualBox")];
  const config = env["XDG_CONFIG_HOME"] || posix.join(home, ".config");
  return [posix.join(config, "VirtualBox"), posix.join(home, ".VirtualBox")];
}
