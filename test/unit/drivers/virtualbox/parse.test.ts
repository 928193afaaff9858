import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseLeases } from "../../../../drivers/virtualbox/leases.ts";
import {
  addressOfMac,
  machineState,
  parseDhcpServers,
  parseHostOnlyInterfaces,
  parseHostOnlyNets,
  parseLongVmList,
  parseVmInfo,
  parseVmList,
} from "../../../../drivers/virtualbox/parse.ts";
import { parseVersion, tellsOfMissingDriver } from "../../../../drivers/virtualbox/version.ts";

const recording = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../recordings/virtualbox/${name}`, import.meta.url)), "utf8");

describe("showvminfo --machinereadable", () => {
  const info = parseVmInfo(recording("7.2/showvminfo.txt"));

  it("gives keys and values without their quotes", () => {
    expect(info.get("VMState")).toBe("poweroff");
    expect(info.get("memory")).toBe("512");
    expect(info.get("SATA-1-0")).toBe("none");
    expect(info.get("macaddress1")).toBe("080027F82262");
    expect(info.get("CfgFile")).toBe("/home/user/store/machines/a/a/a.vbox");
    expect(info.get("Forwarding(0)")).toBe("ssh,tcp,127.0.0.1,2223,,22");
  });

  it("takes the line ends of Windows", () => {
    expect(parseVmInfo('VMState="running"\r\ncpus=2\r\n').get("VMState")).toBe("running");
  });

  it.each([
    ["running", "Running"],
    ["paused", "Paused"],
    ["saved", "Saved"],
    ["aborted-saved", "Saved"],
    ["poweroff", "Stopped"],
    ["aborted", "Stopped"],
    ["starting", "Starting"],
    ["restoring", "Starting"],
    ["stopping", "Stopping"],
    ["saving", "Stopping"],
    ["gurumeditation", "Error"],
    ["somethingnew", ""],
  ])("state %s is %s", (word, state) => {
    expect(machineState(word)).toBe(state);
  });
});

describe("list vms", () => {
  it("gives names and numbers", () => {
    expect(parseVmList(recording("7.2/list-vms.txt"))).toEqual([
      { name: "a", uuid: "2b20cf33-618d-4020-a83a-d66841c4172c" },
    ]);
  });

  it("keeps quotes and blanks in names, and skips other lines", () => {
    const text = 'WARNING: something\n"my "best" vm" {2b20cf33-618d-4020-a83a-d66841c4172c}\n';
    expect(parseVmList(text).map(({ name }) => name)).toEqual(['my "best" vm']);
  });

  it("finds state, cards and networks in the long form", () => {
    const off = recording("7.2/list-long-vms.txt");
    expect(parseLongVmList(off)).toEqual([
      {
        name: "a",
        uuid: "2b20cf33-618d-4020-a83a-d66841c4172c",
        state: "Stopped",
        hostOnly: [],
        macs: ["080027f82262"],
      },
    ]);
    const on = off
      .replace("powered off (since", "running (since")
      .replace(
        /^NIC 2:.*$/m,
        "NIC 2:                       MAC: 080027AABBCC, Attachment: Host-only Interface 'vboxnet0', Cable connected: on, Trace: off",
      );
    expect(
      parseLongVmList(
        `${on}\n${off.replace("Name:                        a", "Name:                        b")}`,
      ),
    ).toMatchObject([
      { name: "a", state: "Running", hostOnly: ["vboxnet0"], macs: ["080027f82262", "080027aabbcc"] },
      { name: "b", state: "Stopped" },
    ]);
  });

  it("is not misled by a shared folder's line", () => {
    const text = recording("7.2/list-long-vms.txt").replace(
      "Shared folders:              <none>",
      "Shared folders:\n\nName: 'hosthome', Host path: '/home' (machine mapping), writable, auto-mount",
    );
    expect(parseLongVmList(text).map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("list hostonlyifs", () => {
  it("reads VirtualBox 7.2 on Linux", () => {
    expect(parseHostOnlyInterfaces(recording("7.2/list-hostonlyifs.txt"))).toEqual([
      {
        name: "vboxnet0",
        address: "192.168.59.1",
        mask: "255.255.255.0",
        dhcp: false,
        networkName: "HostInterfaceNetworking-vboxnet0",
      },
    ]);
  });

  it("keeps the blanks and numbers in names of Windows", () => {
    expect(
      parseHostOnlyInterfaces(recording("5.2/list-hostonlyifs-windows.txt")).map(({ name }) => name),
    ).toEqual(["VirtualBox Host-Only Ethernet Adapter", "VirtualBox Host-Only Ethernet Adapter #2"]);
  });
});

it("reads the host-only networks of macOS", () => {
  const text = `Name:            HostNetwork
GUID:            e1a8f4b0-0000-4000-8000-000000000001

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.59.1
UpperIP:         192.168.59.254
VBoxNetworkName: hostonly-HostNetwork

`;
  expect(parseHostOnlyNets(text)).toEqual([
    {
      name: "HostNetwork",
      mask: "255.255.255.0",
      lower: "192.168.59.1",
      upper: "192.168.59.254",
      enabled: true,
    },
  ]);
});

describe("list dhcpservers", () => {
  it.each([
    ["5.2", "192.168.99.6", "192.168.99.100"],
    ["6.1", "192.168.56.2", "192.168.56.101"],
  ])("reads the keys of VirtualBox %s", (version, address, lower) => {
    expect(parseDhcpServers(recording(`${version}/list-dhcpservers.txt`))).toMatchObject([
      {
        networkName: "HostInterfaceNetworking-vboxnet0",
        address,
        lower,
        mask: "255.255.255.0",
        enabled: true,
      },
    ]);
  });

  it("finds the fixed addresses of cards, whichever way they were given", () => {
    const servers = parseDhcpServers(recording("7.2/list-dhcpservers.txt"));
    expect(servers.map(({ networkName }) => networkName)).toEqual([
      "HostInterfaceNetworking-vboxnet0",
      "HostInterfaceNetworking-vboxnet1",
    ]);
    expect([...(servers[0]?.fixed ?? [])]).toEqual([]);
    expect([...(servers[1]?.fixed ?? [])]).toEqual([["080027aabbcc", "192.168.60.101"]]);
  });
});

it("reads the leases file of VirtualBox's DHCP server", () => {
  const text = `<?xml version="1.0"?>
<Leases version="1.0">
  <Lease mac="08:00:27:AA:BB:CC" id="01:08:00:27:aa:bb:cc" network="0.0.0.0" state="acked">
    <Address value="192.168.59.103"/>
    <Time issued="1700000000" expiration="600"/>
  </Lease>
  <Lease mac="08:00:27:00:00:01" network="0.0.0.0" state="expired">
    <Address value="192.168.59.104"/>
  </Lease>
</Leases>`;
  expect([...parseLeases(text)]).toEqual([["080027aabbcc", "192.168.59.103"]]);
  expect([...parseLeases("")]).toEqual([]);
});

it("finds the address of a card in what the guest says", () => {
  const text = `1: lo: <LOOPBACK,UP> mtu 65536
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
3: eth1: <BROADCAST,UP> mtu 1500
    link/ether 08:00:27:aa:bb:cc brd ff:ff:ff:ff:ff:ff
    inet6 fe80::1/64 scope link
    inet 192.168.59.107/24 brd 192.168.59.255 scope global eth1
4: docker0: <BROADCAST> mtu 1500
    link/ether 02:42:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 scope global docker0`;
  expect(addressOfMac(text, "080027aabbcc")).toBe("192.168.59.107");
  expect(addressOfMac(text, "080027000000")).toBeUndefined();
});

describe("the version", () => {
  it.each([
    ["7.2.22_Debianr175245\n", 7, 2],
    ["5.2.44r139111\r\n", 5, 2],
    ["WARNING: The character device /dev/vboxdrv does not exist.\n\t Please install\n6.1.50r161033\n", 6, 1],
  ])("of %j", (text, major, minor) => {
    expect(parseVersion(text)).toMatchObject({ major, minor });
  });

  it("is undefined where there is none", () => {
    expect(parseVersion("VBoxManage: command failed")).toBeUndefined();
  });

  it("comes with a warning when the kernel driver is missing", () => {
    expect(
      tellsOfMissingDriver("WARNING: The vboxdrv kernel module is not loaded. Either there is no module"),
    ).toBe(true);
    expect(tellsOfMissingDriver("7.2.22")).toBe(false);
  });
});
