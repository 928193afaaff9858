// The DHCP server of a host-only network: dnsmasq with the settings that the real VirtualBox keeps.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive, sh, stateFolder, success, VBoxFailure, waitFor } from "./lab.mjs";
import { real } from "./real.mjs";

const prefix = "HostInterfaceNetworking-";
const pidFile = (name) => join(stateFolder, `dhcp-${name}.pid`);

/** Settings take effect at the server's next start, as in VirtualBox. */
export function dhcpserver([operation, ...args]) {
  if (operation !== "restart") return real(["dhcpserver", operation, ...args]);
  const at = args.findIndex((arg) => /^--(network|netname)$/.test(arg));
  const network = at < 0 ? args.find((arg) => arg.startsWith("--network="))?.slice(10) : args[at + 1];
  const name = network?.replace(prefix, "") ?? "";
  if (!isServing(name)) {
    throw new VBoxFailure([
      "Failed to restart server",
      "Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component DHCPServerWrap, interface IDHCPServer",
    ]);
  }
  stop(name);
  start(name);
  return success();
}

/** Called when a VM is attached. */
export function ensureServing(name) {
  if (!isServing(name)) start(name);
}

/** Called when a VM ended: the server ends with the last one. */
export function stop(name) {
  const pid = servingPid(name);
  if (pid !== 0) {
    process.kill(pid, "SIGTERM");
    waitFor(() => !isAlive(pid), 5_000, 20);
  }
  rmSync(pidFile(name), { force: true });
}

function isServing(name) {
  return servingPid(name) !== 0;
}

function servingPid(name) {
  if (!existsSync(pidFile(name))) return 0;
  const pid = Number(readFileSync(pidFile(name), "utf8"));
  return pid > 0 && isAlive(pid) ? pid : 0;
}

function start(name) {
  const settings = settingsOf(name);
  if (settings === undefined || !settings.enabled || existsSync(join(stateFolder, "no-dhcp"))) return;
  // VirtualBox offers neither router nor DNS on a host-only network
  sh(
    "dnsmasq",
    "--conf-file=/dev/null",
    "--port=0",
    "--bind-interfaces",
    `--interface=${name}`,
    "--no-ping",
    "--user=root",
    "--dhcp-authoritative",
    "--dhcp-sequential-ip",
    "--dhcp-option=3",
    "--dhcp-option=6",
    "--log-dhcp",
    `--dhcp-range=${settings.lower},${settings.upper},${settings.mask},10m`,
    ...settings.fixed.map(([mac, address]) => `--dhcp-host=${mac},${address}`),
    `--dhcp-leasefile=${join(stateFolder, `dhcp-${name}.leases`)}`,
    `--pid-file=${pidFile(name)}`,
    `--log-facility=${join(stateFolder, `dhcp-${name}.log`)}`,
  );
}

function settingsOf(name) {
  const blocks = real(["list", "dhcpservers"]).stdout.split(/^(?=NetworkName:)/m);
  const block = blocks.find((text) => text.split("\n")[0].trim().endsWith(` ${prefix}${name}`));
  if (block === undefined) return undefined;
  const field = (key) => new RegExp(`^${key}:\\s+(\\S+)$`, "m").exec(block)?.[1] ?? "";
  const fixed = block.split(/^(?=Individual Config:)/m).flatMap((text) => {
    const mac = /^Individual Config:.*MAC (\S{17})/.exec(text)?.[1];
    const address = /Fixed Address:\s+(\S+)/.exec(text)?.[1];
    return mac && address ? [[mac, address]] : [];
  });
  return {
    lower: field("LowerIPAddress"),
    upper: field("UpperIPAddress"),
    mask: field("NetworkMask"),
    enabled: field("Enabled") === "Yes",
    fixed,
  };
}
