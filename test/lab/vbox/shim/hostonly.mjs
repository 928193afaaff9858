// Host-only interfaces are bridges of the lab's network namespace.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alone, progress, readJson, sh, stateFolder, success, VBoxFailure, writeJson } from "./lab.mjs";
import { real } from "./real.mjs";

const path = join(stateFolder, "hostonly.json");

export const interfaces = () => readJson(path, []);

export function hostonlyif([operation, ...args]) {
  if (operation === "create") return alone("hostonly", create);
  const known = interfaces().find(({ name }) => name === args[0]);
  if (known === undefined) return real(["hostonlyif", operation, ...args]);
  if (operation === "remove") return alone("hostonly", () => remove(known));
  if (operation === "ipconfig") return alone("hostonly", () => configure(known, args.slice(1)));
  return real(["hostonlyif", operation, ...args]);
}

/** As `list hostonlyifs` of VirtualBox 7.2 prints them. */
export function listInterfaces() {
  const text = interfaces()
    .map(({ number, name, address, mask, up }) => {
      const hex = number.toString(16).padStart(2, "0");
      return `Name:            ${name}
GUID:            786f6276-656e-4${number % 10}74-8000-0a00270000${hex}
DHCP:            Disabled
IPAddress:       ${address}
NetworkMask:     ${mask}
IPV6Address:     
IPV6NetworkMaskPrefixLength: 0
HardwareAddress: 0a:00:27:00:00:${hex}
MediumType:      Ethernet
Wireless:        No
Status:          ${up ? "Up" : "Down"}
VBoxNetworkName: HostInterfaceNetworking-${name}

`;
    })
    .join("");
  return success(text);
}

/** A bridge that a VM is attached to must have its address. */
export function bringUp(name) {
  return alone("hostonly", () => {
    const known = interfaces().find((one) => one.name === name);
    if (known === undefined) {
      throw new VBoxFailure([
        `Nonexistent host networking interface, name '${name}' (VERR_INTERNAL_ERROR)`,
        "Details: code NS_ERROR_FAILURE (0x80004005), component ConsoleWrap, interface IConsole",
      ]);
    }
    if (!known.up) setAddress(known);
  });
}

function create() {
  const all = interfaces();
  let number = 0;
  while (all.some((one) => one.number === number)) number++;
  const name = `vboxnet${number}`;
  sh(
    "ip",
    "link",
    "add",
    name,
    "address",
    `0a:00:27:00:00:${number.toString(16).padStart(2, "0")}`,
    "type",
    "bridge",
  );
  const fresh = { number, name, address: `192.168.${56 + number}.1`, mask: "255.255.255.0", up: false };
  writeJson(
    path,
    [...all, fresh].sort((a, b) => a.number - b.number),
  );
  return success(`Interface '${name}' was successfully created\n`, progress);
}

function remove(known) {
  sh("ip", "link", "del", known.name);
  writeJson(
    path,
    interfaces().filter(({ name }) => name !== known.name),
  );
  return success("", progress);
}

function configure(known, args) {
  const option = (name) => args[args.findIndex((arg) => arg.replace(/^-+/, "") === name) + 1];
  if (!args.some((arg) => /^-+ip$/.test(arg))) return real(["hostonlyif", "ipconfig", known.name, ...args]);
  const address = option("ip");
  if (!isAllowed(address)) {
    throw new VBoxFailure([
      "Code E_ACCESSDENIED (0x80070005) - Access denied (extended info not available)",
      'Context: "EnableStaticIPConfig(Bstr(pszIp).raw(), Bstr(pszNetmask).raw())" at line 261 of file VBoxManageHostonly.cpp',
    ]);
  }
  setAddress({ ...known, address, mask: option("netmask") ?? "255.255.255.0" });
  return success();
}

function setAddress(one) {
  const bits = one.mask
    .split(".")
    .reduce((sum, part) => sum + Number(part).toString(2).replaceAll("0", "").length, 0);
  sh("ip", "addr", "flush", "dev", one.name);
  sh("ip", "addr", "add", `${one.address}/${bits}`, "brd", "+", "dev", one.name);
  sh("ip", "link", "set", one.name, "up");
  writeJson(
    path,
    interfaces().map((other) => (other.name === one.name ? { ...one, up: true } : other)),
  );
}

/** VirtualBox's rule from 6.1.28 on: the ranges of networks.conf, 192.168.56.0/21 without the file. */
function isAllowed(address) {
  let ranges = ["192.168.56.0/21"];
  try {
    const lines = readFileSync("/etc/vbox/networks.conf", "utf8").split("\n");
    ranges = lines
      .filter((line) => line.trim().startsWith("*"))
      .flatMap((line) => line.trim().split(/\s+/).slice(1));
  } catch {
    // no file: the built-in range
  }
  const number = (text) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return ranges.some((range) => {
    const [network, bits = "32"] = range.split("/");
    if (network.includes(":")) return false;
    const size = 2 ** (32 - Number(bits));
    return Math.floor(number(network) / size) === Math.floor(number(address) / size);
  });
}
