import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AddressRequest, findAddress, limitsFrom } from "../../../../drivers/virtualbox/address.ts";
import { connectCards, macOf } from "../../../../drivers/virtualbox/cards.ts";
import { requireIso, requireVirtualization } from "../../../../drivers/virtualbox/checks.ts";
import { driver } from "../../../../drivers/virtualbox/driver.ts";
import { parseHostCidr } from "../../../../drivers/virtualbox/ipv4.ts";
import { virtualBoxHomes } from "../../../../drivers/virtualbox/leases.ts";
import { comeToRest, shutDown } from "../../../../drivers/virtualbox/power.ts";
import { reasonInLog, tellsOfMissingVirtualization } from "../../../../drivers/virtualbox/vm.ts";
import type { DriverContext, MadeResource } from "../../../../src/driver/driver.ts";
import { AppError } from "../../../../src/kit/errors.ts";
import { scriptedRun } from "../../../support/scripted-run.ts";
import { tempDir } from "../../../support/temp-dir.ts";
import { config, fakeContext, vmWith } from "./fake-context.ts";

const host = parseHostCidr("192.168.59.1/24") ?? expect.fail("an address");

const version = (text: string) => {
  const [major = 0, minor = 0] = text.split(".").map(Number);
  return { text, major, minor };
};

const interfaces = `Name:            vboxnet0
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       192.168.59.1
NetworkMask:     255.255.255.0
VBoxNetworkName: HostInterfaceNetworking-vboxnet0
`;

describe("the network cards", () => {
  const made: MadeResource[] = [];
  const announce = async (resource: MadeResource) => {
    made.push(resource);
  };

  it("VirtualBox 7.2: a fixed address, and the server is told to read its settings again", async () => {
    const { vm, run } = vmWith([
      { command: "VBoxManage list hostonlyifs", stdout: interfaces },
      {
        command: "VBoxManage list dhcpservers",
        stdout: `NetworkName:    HostInterfaceNetworking-vboxnet0
Dhcpd IP:       192.168.59.2
LowerIPAddress: 192.168.59.100
UpperIPAddress: 192.168.59.254
NetworkMask:    255.255.255.0
Enabled:        Yes
Global Configuration:
Individual Config:    MAC 08:00:27:00:00:01
    Fixed Address:    192.168.59.100
`,
      },
      {
        command:
          /^VBoxManage dhcpserver modify --netname HostInterfaceNetworking-vboxnet0 "?--mac-address=08:00:27:[0-9a-f:]{8}"? --fixed-address=192.168.59.101$/,
      },
      { command: "VBoxManage dhcpserver restart --network HostInterfaceNetworking-vboxnet0" },
      {
        command:
          /^VBoxManage modifyvm m --cpus 1 --nic2 hostonly --hostonlyadapter2 vboxnet0 --nictype2 82540EM --macaddress2 080027[0-9a-f]{6} --cableconnected2 on --nicpromisc2 deny --natpf1 ssh,tcp,127\.0\.0\.1,\d+,,22$/,
      },
    ]);
    const request = { cidr: host, version: version("7.2.22"), announce, hardware: ["--cpus", "1"] };
    expect(await connectCards(vm, request)).toBe("192.168.59.101");
    expect(vm.config.SSHPort).toBeGreaterThan(1024);
    run.done();
  });

  it("VirtualBox 5.2: the server's own settings only, the address is asked for later", async () => {
    const { vm, run } = vmWith([
      { command: "VBoxManage list hostonlyifs", stdout: interfaces },
      {
        command: "VBoxManage list dhcpservers",
        stdout: `NetworkName:    HostInterfaceNetworking-vboxnet0
IP:             192.168.56.100
NetworkMask:    255.255.255.0
lowerIPAddress: 192.168.56.101
upperIPAddress: 192.168.56.254
Enabled:        Yes
`,
      },
      {
        command:
          "VBoxManage dhcpserver modify --netname HostInterfaceNetworking-vboxnet0 --ip 192.168.59.2 --netmask 255.255.255.0 --lowerip 192.168.59.100 --upperip 192.168.59.254 --enable",
      },
      { command: /^VBoxManage modifyvm m --nic2 hostonly / },
    ]);
    expect(await connectCards(vm, { cidr: host, version: version("5.2.44"), announce })).toBe("");
    run.done();
  });

  it("VirtualBox 7 on macOS: a host-only network in the place of an interface", async () => {
    made.length = 0;
    const { vm, run } = vmWith(
      [
        { command: "VBoxManage list hostonlynets", stdout: "" },
        {
          command:
            "VBoxManage hostonlynet add --name=machine-192.168.59.0-24 --netmask=255.255.255.0 --lower-ip=192.168.59.1 --upper-ip=192.168.59.254 --enable",
        },
        { command: /^VBoxManage modifyvm m --nic2 hostonlynet --host-only-net2 machine-192.168.59.0-24 / },
      ],
      { platform: "darwin" },
    );
    expect(await connectCards(vm, { cidr: host, version: version("7.0.12"), announce })).toBe("");
    expect(made).toEqual([{ kind: "hostonlynet", id: "machine-192.168.59.0-24" }]);
    run.done();
  });

  it("servers of vanished interfaces in the same network are removed, others stay", async () => {
    const server = (name: string, address: string) => `NetworkName:    HostInterfaceNetworking-${name}
Dhcpd IP:       ${address}
LowerIPAddress: 192.168.59.100
UpperIPAddress: 192.168.59.254
NetworkMask:    255.255.255.0
Enabled:        Yes

`;
    const { vm, run } = vmWith([
      { command: "VBoxManage list hostonlyifs", stdout: interfaces },
      {
        command: "VBoxManage list dhcpservers",
        stdout:
          server("vboxnet0", "192.168.59.2") +
          server("vboxnet7", "192.168.59.9") +
          server("vboxnet8", "192.168.77.2"),
      },
      { command: "VBoxManage dhcpserver remove --netname HostInterfaceNetworking-vboxnet7" },
      { command: /^VBoxManage dhcpserver modify / },
      {
        command: /^VBoxManage dhcpserver restart /,
        exitCode: 1,
        stderr: "VBoxManage: error: Failed to restart server\n",
      },
      { command: /^VBoxManage modifyvm / },
    ]);
    await connectCards(vm, { cidr: host, version: version("6.1.50"), announce });
    run.done();
  });

  it("have an address of their own that is always the same", () => {
    const { vm } = vmWith([]);
    expect(macOf(vm)).toMatch(/^080027[0-9a-f]{6}$/);
    expect(macOf(vm)).toBe(macOf({ ...vm }));
    expect(macOf(vm)).not.toBe(macOf({ ...vm, name: "other" }));
  });
});

describe("stop", () => {
  const info = (state: string) => `VMState="${state}"\n`;

  it("waits for the guest", async () => {
    const { vm, run } = vmWith([
      { command: "VBoxManage controlvm m acpipowerbutton" },
      { command: /showvminfo m/, stdout: info("running") },
      { command: /showvminfo m/, stdout: info("poweroff") },
    ]);
    await shutDown(vm, 60_000);
    run.done();
  });

  it("of a VM that just starts presses the button again until it is heard", async () => {
    const { vm, run } = vmWith([
      {
        command: "VBoxManage controlvm m acpipowerbutton",
        exitCode: 1,
        stderr: "VBoxManage: error: Invalid machine state: Starting\n",
      },
      ...Array.from({ length: 11 }, () => ({ command: /showvminfo m/, stdout: info("starting") })),
      { command: "VBoxManage controlvm m acpipowerbutton" },
      { command: /showvminfo m/, stdout: info("poweroff") },
    ]);
    await shutDown(vm, 60_000);
    run.done();
  });

  it("of a VM that hangs cuts its power", async () => {
    const run = scriptedRun([
      { command: /showvminfo m/, stdout: info("gurumeditation") },
      { command: "VBoxManage controlvm m poweroff" },
      { command: /showvminfo m/, stdout: info("aborted") },
    ]);
    await driver.open(fakeContext({ run }), config("m")).stop();
    run.done();
  });

  it("cuts the power when the guest does not hear the button within its limit", async () => {
    const running = Array.from({ length: 40 }, () => ({ command: /showvminfo m/, stdout: info("running") }));
    const { vm, run } = vmWith([
      { command: "VBoxManage controlvm m acpipowerbutton" },
      ...running.slice(0, 5),
      { command: "VBoxManage controlvm m poweroff" },
      { command: /showvminfo m/, stdout: info("poweroff") },
    ]);
    await shutDown(vm, 1_500);
    expect(run.calls.at(-2)).toBe("VBoxManage controlvm m poweroff");
    run.done();
  });
});

describe("start", () => {
  const info = (state: string) => `VMState="${state}"\n`;

  it("waits for a VM that still goes down", async () => {
    const { vm, run } = vmWith([
      { command: /showvminfo m/, stdout: info("saving") },
      { command: /showvminfo m/, stdout: info("saved") },
      { command: /showvminfo m/, stdout: info("saved") },
    ]);
    expect(await comeToRest(vm, new Map([["VMState", "saving"]]))).toEqual(new Map([["VMState", "saved"]]));
    run.done();
  });

  it("cuts off a VM that hangs, and leaves others as they are", async () => {
    const { vm, run } = vmWith([
      { command: "VBoxManage controlvm m poweroff" },
      { command: /showvminfo m/, stdout: info("poweroff") },
      { command: /showvminfo m/, stdout: info("poweroff") },
    ]);
    const hanging = new Map([["VMState", "gurumeditation"]]);
    expect(await comeToRest(vm, hanging)).toEqual(new Map([["VMState", "poweroff"]]));
    run.done();
    const aborted = new Map([["VMState", "aborted"]]);
    expect(await comeToRest(vm, aborted)).toBe(aborted);
  });
});

describe("states of many machines", () => {
  it("come from two calls, whatever the number of machines", async () => {
    await using folder = await tempDir();
    const define = async (name: string, head: string) => {
      await mkdir(join(folder.path, name, name), { recursive: true });
      await writeFile(
        join(folder.path, name, name, `${name}.vbox`),
        `<VirtualBox><Machine ${head}></Machine>`,
      );
    };
    await define("saved", 'uuid="{1}" name="saved" stateFile="Snapshots/1.sav"');
    await define("aborted", 'uuid="{2}" name="aborted" aborted="true"');
    const uuid = (digit: number) => `{00000000-0000-0000-0000-00000000000${digit}}`;
    const run = scriptedRun([
      {
        command: "VBoxManage list vms",
        stdout: ["saved", "aborted", "off", "on", "paused"]
          .map((name, at) => `"${name}" ${uuid(at)}\n`)
          .join(""),
      },
      {
        command: "VBoxManage list --long runningvms",
        stdout: ["on", "paused"]
          .map(
            (name) =>
              `Name:   ${name}\nUUID:   1\nState:  ${name === "on" ? "running" : "paused"} (since 2026)\n\n`,
          )
          .join(""),
      },
    ]);
    const ctx = fakeContext({ run, machineDir: (name) => join(folder.path, name) });
    const names = ["saved", "aborted", "off", "on", "paused", "gone"];
    const answers = await driver.states?.(
      ctx,
      names
        .map((name) => config(name, { IPAddress: name === "on" ? "192.168.59.100" : "" }))
        .map((one) => (one.MachineName === "paused" ? { ...one, IPAddress: "192.168.59.101" } : one)),
    );
    expect(Object.fromEntries(answers ?? [])).toEqual({
      saved: { state: "Saved", url: "" },
      aborted: { state: "Stopped", url: "" },
      off: { state: "Stopped", url: "" },
      on: { state: "Running", url: "tcp://192.168.59.100:2376" },
      paused: { state: "Paused", url: "" },
      gone: { state: "NotFound", url: "" },
    });
    run.done();
  });
});

describe("the address of a machine that has booted", () => {
  const unreachable = new AppError("SSH_UNREACHABLE", "no");
  const limits = limitsFrom({});
  const request: AddressRequest = { expected: "", mac: "080027aabbcc", cidr: host, networkName: "" };

  function vmThatSays(addresses: string, reachable: readonly string[]) {
    const asked: string[] = [];
    const ssh: DriverContext["ssh"] = {
      run: async (_address, command) => {
        asked.push(command);
        return { stdout: `link/ether 08:00:27:aa:bb:cc brd x\n${addresses}`, stderr: "" };
      },
      async waitForBanner({ host: at }) {
        if (!reachable.includes(at)) throw unreachable;
      },
      ensureKey: async () => "",
    };
    return { ...vmWith([], { ssh }), asked };
  }

  it("is the expected one when it greets there: nobody is asked", async () => {
    const { vm, asked } = vmThatSays("", ["192.168.59.100"]);
    expect(await findAddress(vm, { ...request, expected: "192.168.59.100" }, limits)).toBe("192.168.59.100");
    expect(asked).toEqual([]);
  });

  it("is what the machine says otherwise", async () => {
    const { vm, asked } = vmThatSays("inet 192.168.59.123/24 brd x", ["192.168.59.123"]);
    expect(await findAddress(vm, { ...request, expected: "192.168.59.100" }, limits)).toBe("192.168.59.123");
    expect(asked).toEqual(["ip addr show"]);
  });

  it("without an answer of DHCP there is an error after 60 s", async () => {
    const { vm } = vmThatSays("", []);
    await expect(findAddress(vm, request, limits)).rejects.toMatchObject({
      code: "VBOX_NO_ADDRESS",
      message: expect.stringContaining("60 s"),
    });
    expect(vm.ctx.clock.monotonic()).toBeLessThan(75_000);
  });

  it("limits come from the environment, in seconds", () => {
    expect(limitsFrom({ MACHINE_TIMEOUT_SSH: "30", MACHINE_TIMEOUT_ADDRESS: "5" })).toEqual({
      bootMs: 30_000,
      addressMs: 5_000,
      stopMs: 60_000,
    });
    expect(limitsFrom({})).toEqual({ bootMs: 180_000, addressMs: 60_000, stopMs: 60_000 });
  });
});

describe("checks", () => {
  it.each([
    ["wmic", [{ command: /^wmic /, stdout: "HypervisorPresent\r\nTRUE\r\n" }]],
    [
      "PowerShell where wmic is gone",
      [
        { command: /^wmic /, notFound: true },
        { command: /^powershell /, stdout: "True\r\n" },
      ],
    ],
  ])("Hyper-V is noticed by %s", async (_how, script) => {
    const ctx = fakeContext({ platform: "win32", run: scriptedRun(script) });
    await expect(requireVirtualization(ctx)).rejects.toMatchObject({
      code: "VBOX_HYPERV",
      hint: expect.stringContaining("bcdedit"),
    });
  });

  it("macOS is asked for its hypervisor framework", async () => {
    const ctx = (stdout: string) =>
      fakeContext({
        platform: "darwin",
        run: scriptedRun([{ command: "sysctl -n kern.hv_support", stdout }]),
      });
    await expect(requireVirtualization(ctx("0\n"))).rejects.toMatchObject({ code: "VBOX_NO_VTX" });
    await requireVirtualization(ctx("1\n"));
  });

  it("an ISO must be there and be one", async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "page.iso");
    await writeFile(path, "<html>404</html>");
    await expect(requireIso(path)).rejects.toMatchObject({ code: "NOT_AN_ISO" });
    await expect(requireIso(join(folder.path, "none.iso"))).rejects.toMatchObject({ code: "ISO_UNREADABLE" });
    const bytes = Buffer.alloc(0x8100);
    bytes.write("CD001", 0x8001);
    await writeFile(path, bytes);
    await requireIso(path);
  });

  it("other computers than x86 are refused at once", async () => {
    const machine = driver.open(fakeContext({ arch: "arm64" }), config("m"));
    await expect(machine.preCreateCheck()).rejects.toMatchObject({ code: "VBOX_ARCHITECTURE" });
  });
});

it("the log tells why a VM did not start", () => {
  const log =
    "00:00:01.1 VMMDev: Guest Log\n00:00:02.0 Power up failed (vrc=VERR_VMX_NO_VMX, rc=NS_ERROR_FAILURE (0X80004005))\n";
  expect(reasonInLog(log)).toBe("Power up failed (vrc=VERR_VMX_NO_VMX, rc=NS_ERROR_FAILURE (0X80004005))");
  expect(tellsOfMissingVirtualization(log)).toBe(true);
  expect(
    tellsOfMissingVirtualization(
      "HM: Falling back to raw-mode: VT-x is disabled in the BIOS for all CPU modes",
    ),
  ).toBe(false);
  expect(tellsOfMissingVirtualization("HM: VT-x is disabled by the BIOS")).toBe(true);
});

it("VirtualBox keeps its files in another folder on each system", () => {
  expect(virtualBoxHomes({ platform: "linux", env: { HOME: "/home/me" } })).toEqual([
    "/home/me/.config/VirtualBox",
    "/home/me/.VirtualBox",
  ]);
  expect(virtualBoxHomes({ platform: "darwin", env: { HOME: "/Users/me" } })).toEqual([
    "/Users/me/Library/VirtualBox",
  ]);
  expect(virtualBoxHomes({ platform: "win32", env: { USERPROFILE: "C:\\Users\\me" } })).toEqual([
    "C:\\Users\\me\\.VirtualBox",
  ]);
  expect(virtualBoxHomes({ platform: "linux", env: { VBOX_USER_HOME: "/x" } })).toEqual(["/x"]);
});
