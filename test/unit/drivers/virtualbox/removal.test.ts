import { describe, expect, it } from "vitest";
import { connectCards, macOf } from "../../../../drivers/virtualbox/cards.ts";
import { parseHostCidr } from "../../../../drivers/virtualbox/ipv4.ts";
import { removeVm } from "../../../../drivers/virtualbox/removal.ts";
import type { MadeResource } from "../../../../src/driver/driver.ts";
import { vmWith } from "./fake-context.ts";

const network = "HostInterfaceNetworking-vboxnet0";
const unknown = {
  command: "VBoxManage showvminfo m --machinereadable",
  exitCode: 1,
  stderr: "VBoxManage: error: Could not find a registered machine named 'm'\n",
};
const known = (state: string, more = "") => ({
  command: "VBoxManage showvminfo m --machinereadable",
  stdout: `name="m"\nCfgFile="/store/machines/m/m/m.vbox"\nVMState="${state}"\n${more}`,
});
const unregister = { command: "VBoxManage unregistervm m --delete" };
const closed = (kind: string, file: string) => ({
  command: `VBoxManage closemedium ${kind} /store/machines/m/${file}`,
  exitCode: 1,
  stderr: "VBoxManage: error: Could not find file for the medium\n",
});
const isoClosed = closed("dvd", "boot2docker.iso");
const unregistered = [unregister, isoClosed];
const mediaClosed = [closed("disk", "disk.vmdk"), isoClosed];
const interfaces = (...names: readonly string[]) => ({
  command: "VBoxManage list hostonlyifs",
  stdout: names
    .map((name, number) => `Name: ${name}\nIPAddress: 192.168.${56 + number}.1\nNetworkMask: 255.255.255.0\n`)
    .join("\n"),
});
const vms = (...adapters: readonly string[]) => ({
  command: "VBoxManage list --long vms",
  stdout: adapters
    .map(
      (adapter, number) =>
        `Name: vm${number}\nState: powered off\nNIC 2: MAC: 08002700000${number}, Attachment: Host-only Interface '${adapter}', Cable connected: on\n`,
    )
    .join("\n"),
});
const server = (fixed = "") => ({
  command: "VBoxManage list dhcpservers",
  stdout: `NetworkName:    ${network}\nDhcpd IP: 192.168.56.100\nLowerIPAddress: 192.168.56.101\nUpperIPAddress: 192.168.56.254\nNetworkMask: 255.255.255.0\nEnabled: Yes\n${fixed}`,
});
const removed = (name: string) => ({ command: `VBoxManage hostonlyif remove ${name}` });

describe("what a create that was cut off asked for and comes only now", () => {
  it("is waited for: the VM", async () => {
    const { vm, run } = vmWith([unknown, unknown, known("poweroff"), known("poweroff"), ...unregistered]);
    await removeVm(vm, [{ kind: "vm", id: "m" }]);
    run.done();
  });

  it("is waited for: the interface, and not taken for one that another create made meanwhile", async () => {
    const { vm, run } = vmWith([
      unknown,
      ...mediaClosed,
      interfaces("vboxnet0"), // was there before
      interfaces("vboxnet0", "vboxnet1"), // is new and somebody else's
      vms("vboxnet1"),
      interfaces("vboxnet0", "vboxnet1", "vboxnet2"),
      vms("vboxnet1"),
      server(),
      vms("vboxnet1"),
      interfaces("vboxnet0", "vboxnet1", "vboxnet2"),
      removed("vboxnet2"),
    ]);
    await removeVm(vm, [
      { kind: "vm", id: "m" },
      { kind: "hostonlyif", id: 'new after ["vboxnet0"]' },
    ]);
    run.done();
  });

  it("is waited for: the fixed address", async () => {
    const mac = "080027000001";
    const { vm, run } = vmWith([
      unknown,
      server(),
      server("Individual Config: MAC 08:00:27:00:00:01\n  Fixed Address: 192.168.56.101\n"),
      {
        command:
          /dhcpserver modify --netname .*vboxnet0 "?--mac-address=08:00:27:00:00:01"? --remove-config$/,
      },
    ]);
    await removeVm(vm, [{ kind: "dhcplease", id: `${network} ${mac}` }]);
    run.done();
  });

  it("is not waited for when the create ended by itself", async () => {
    const { vm, run } = vmWith([unknown, ...mediaClosed, server()]);
    await removeVm(vm, [{ kind: "vm", id: "m" }], { settled: true });
    run.done();
  });

  it("a VM that such a start turns on while it is removed is turned off", async () => {
    const locked = {
      ...unregister,
      exitCode: 1,
      stderr: "VBoxManage: error: Cannot unregister the machine 'm' while it is locked\n",
    };
    const { vm, run } = vmWith([
      known("poweroff"),
      ...Array.from({ length: 7 }, () => locked),
      known("running"),
      { command: "VBoxManage controlvm m poweroff" },
      known("poweroff"),
      ...unregistered,
    ]);
    await removeVm(vm, []);
    run.done();
  });
});

it("the fixed address of a VM that is gone already is found and forgotten", async () => {
  const { vm, run } = vmWith([
    unknown,
    server(
      `Individual Config: MAC ${(macOf(vmWith([]).vm).match(/../g) ?? []).join(":")}\n  Fixed Address: 192.168.56.101\n`,
    ),
    { command: /dhcpserver modify --netname .*vboxnet0 "?--mac-address=[0-9a-f:]{17}"? --remove-config$/ },
  ]);
  await removeVm(vm, []);
  run.done();
});

describe("a DHCP server whose settings a create changed", () => {
  it("gets them back when no machine is in its network any more", async () => {
    const settings = JSON.stringify(
      [network, "192.168.56.100", "255.255.255.0", "192.168.56.101"].concat(["192.168.56.254", "--enable"]),
    );
    const { vm, run } = vmWith([
      unknown,
      server(),
      vms(),
      interfaces("vboxnet0"),
      removed("vboxnet0"),
      {
        command: `VBoxManage dhcpserver modify --netname ${network} --ip 192.168.56.100 --netmask 255.255.255.0 --lowerip 192.168.56.101 --upperip 192.168.56.254 --enable`,
      },
    ]);
    await removeVm(vm, [
      { kind: "hostonlyif", id: "vboxnet0" },
      { kind: "dhcpsettings", id: settings },
    ]);
    run.done();
  });
});

describe("a network that an unfinished create made", () => {
  const host = parseHostCidr("192.168.56.1/24") ?? expect.fail("an address");
  const theirs: readonly MadeResource[] = [
    { kind: "vm", id: "other" },
    { kind: "hostonlyif", id: "vboxnet0" },
    { kind: "hostonlyif", id: "vboxnet1" },
    { kind: "dhcpserver", id: network },
  ];

  it("is announced by every create that uses it, and the last that is undone removes it", async () => {
    const { vm, run } = vmWith([
      interfaces("vboxnet0"),
      server(),
      { command: /^VBoxManage dhcpserver modify / },
      { command: /^VBoxManage dhcpserver restart / },
      { command: /^VBoxManage modifyvm / },
      known("poweroff", 'hostonlyadapter2="vboxnet0"\n'),
      ...unregistered,
      { command: /--remove-config$/ },
      vms(),
      interfaces("vboxnet0"),
      removed("vboxnet0"),
      { command: `VBoxManage dhcpserver remove --netname ${network}` },
    ]);
    const made: MadeResource[] = [];
    await connectCards(vm, {
      cidr: host,
      version: { text: "7.2.0", major: 7, minor: 2 },
      announce: async (resource) => {
        made.push(resource);
      },
      othersMaking: async () => theirs,
    });
    expect(made.slice(0, 2)).toEqual([theirs[1], theirs[3]]);
    await removeVm(vm, made, { settled: true });
    run.done();
  });
});
