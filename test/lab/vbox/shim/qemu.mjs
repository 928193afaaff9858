// A definition of VirtualBox as the arguments of QEMU.
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ensureServing } from "./dhcp.mjs";
import { bringUp } from "./hostonly.mjs";
import { sh, VBoxFailure, vmFolder } from "./lab.mjs";

const cards = {
  "82540EM": "e1000",
  "82543GC": "e1000-82544gc",
  "82545EM": "e1000-82545em",
  virtio: "virtio-net-pci",
  Am79C970A: "pcnet",
  Am79C973: "pcnet",
};

/** @returns arguments of QEMU and of the disk's server, and the taps and bridges that it uses */
export async function qemuOf(info, incoming) {
  const folder = vmFolder(info.UUID);
  const args = [
    "qemu-system-x86_64",
    "-accel",
    "tcg,thread=multi,tb-size=256",
    "-machine",
    "pc,hpet=off",
    "-nodefaults",
    "-no-user-config",
    "-name",
    info.name,
    "-m",
    info.memory,
    "-smp",
    info.cpus,
    "-cpu",
    "max,la57=off",
    "-display",
    "none",
    "-vga",
    "std",
    "-rtc",
    "base=utc",
    "-qmp",
    `unix:${join(folder, "qmp.sock")},server=on,wait=off`,
    "-serial",
    `file:${join(folder, "serial.log")}`,
    "-device",
    "ich9-ahci,id=ahci",
    "-device",
    "virtio-rng-pci",
  ];
  const drives = driveArgs(info, folder);
  const networks = await networkArgs(info);
  return {
    args: [
      ...args,
      ...drives.args,
      ...networks.args,
      ...(incoming ? ["-incoming", `exec:cat ${incoming}`] : []),
    ],
    diskArgs: drives.diskArgs,
    taps: networks.taps,
    bridges: networks.bridges,
  };
}

function driveArgs(info, folder) {
  const args = [];
  let diskArgs = [];
  for (const [key, path] of Object.entries(info)) {
    const port = /^SATA-(\d+)-0$/.exec(key)?.[1];
    if (port === undefined || !path.startsWith("/")) continue;
    if (!existsSync(path)) {
      throw new VBoxFailure([
        `Could not open the medium '${path}'.`,
        `VD: error VERR_FILE_NOT_FOUND opening image file '${path}' (VERR_FILE_NOT_FOUND)`,
        "Details: code NS_ERROR_FAILURE (0x80004005), component MediumWrap, interface IMedium",
      ]);
    }
    const isDisc = path.toLowerCase().endsWith(".iso");
    // QEMU cannot save the state of a VM that has a VMDK open itself
    const socket = join(folder, "disk.sock");
    if (!isDisc)
      diskArgs = [
        "qemu-nbd",
        "--persistent",
        "--socket",
        socket,
        "--format",
        "vmdk",
        "--cache",
        "unsafe",
        path,
      ];
    args.push(
      "-drive",
      isDisc
        ? `if=none,id=d${port},file=${path},media=cdrom,readonly=on,format=raw`
        : `if=none,id=d${port},file=nbd+unix:///?socket=${socket},format=raw,cache=unsafe`,
      "-device",
      `${isDisc ? "ide-cd" : "ide-hd"},bus=ahci.${port},drive=d${port},bootindex=${port}`,
    );
  }
  return { args, diskArgs };
}

async function networkArgs(info) {
  const found = { args: [], taps: [], bridges: [] };
  for (const number of [1, 2]) {
    const kind = info[`nic${number}`] ?? "none";
    if (kind === "none") continue;
    let network = `user,id=n${number},restrict=on`;
    if (kind === "nat") network = `user,id=n${number}${await forwards(info)}`;
    if (kind === "hostonly") {
      const bridge = info[`hostonlyadapter${number}`];
      const tap = `t${info.UUID.slice(0, 8)}${number}`;
      bringUp(bridge);
      sh("ip", "tuntap", "add", "dev", tap, "mode", "tap");
      sh("ip", "link", "set", tap, "master", bridge, "addrgenmode", "none", "up");
      ensureServing(bridge);
      found.taps.push(tap);
      found.bridges.push(bridge);
      network = `tap,id=n${number},ifname=${tap},script=no,downscript=no`;
    }
    const mac = (info[`macaddress${number}`].toLowerCase().match(/../g) ?? []).join(":");
    const model = cards[info[`nictype${number}`]] ?? "e1000";
    found.args.push("-netdev", network, "-device", `${model},netdev=n${number},mac=${mac},romfile=`);
  }
  return found;
}

/** A rule whose port is taken is left out: VirtualBox starts the VM all the same. */
async function forwards(info) {
  let text = "";
  for (const [key, rule] of Object.entries(info)) {
    if (!key.startsWith("Forwarding(")) continue;
    const [, protocol, hostIp, hostPort, guestIp, guestPort] = rule.split(",");
    if (await isFree(hostIp || "0.0.0.0", Number(hostPort))) {
      text += `,hostfwd=${protocol}:${hostIp}:${hostPort}-${guestIp}:${guestPort}`;
    }
  }
  return text;
}

function isFree(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
