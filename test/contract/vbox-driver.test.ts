import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { VirtualBoxConfig } from "../../drivers/virtualbox/config.ts";
import { driver } from "../../drivers/virtualbox/driver.ts";
import type { Driver, DriverContext } from "../../src/driver/driver.ts";
import { labDriverContext, recordingHooks, reserveConfig } from "../lab/vbox/driver-context.ts";
import { labMissing, startLab, type VboxLab } from "../lab/vbox/lab.ts";

const missing = labMissing();
const slow = 300_000;

describe.skipIf(missing !== undefined)(`virtualbox driver on the real VBoxManage ${missing ?? ""}`, () => {
  let lab: VboxLab;
  let ctx: DriverContext;

  beforeAll(async () => {
    lab = await startLab();
    ctx = await labDriverContext(lab);
  }, 1_500_000);

  afterAll(async () => {
    await lab?.down();
  }, slow);

  beforeEach(async () => {
    await lab.setFaults([]);
    await lab.forgetCalls();
  });

  const small = { Memory: 64, DiskSize: 100, NoShare: true, NoVTXCheck: true };

  async function open_(
    name: string,
    changes: Partial<VirtualBoxConfig> = {},
  ): Promise<Driver<VirtualBoxConfig>> {
    const config = {
      ...(await reserveConfig(ctx, name)),
      HostOnlyCIDR: "192.168.59.1/24",
      ...small,
      ...changes,
    };
    return driver.open(ctx, config);
  }

  async function vboxManage(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await lab.run("VBoxManage", args);
    if (exitCode !== 0) throw new Error(`VBoxManage ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async function inventory() {
    const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]);
    return {
      vms: await vboxManage("list", "vms"),
      disks: await vboxManage("list", "hdds"),
      interfaces: names(await vboxManage("list", "hostonlyifs"), /^Name:\s+(.*)$/gm),
      dhcp: names(await vboxManage("list", "dhcpservers"), /^NetworkName:\s+(.*)$/gm),
      fixed: names(await vboxManage("list", "dhcpservers"), /^\s+Fixed Address:\s+(.*)$/gm),
    };
  }

  const stateByList = async (machine: Driver) =>
    (await driver.states?.(ctx, [machine.config]))?.get(machine.config.MachineName)?.state;

  it("says that VirtualBox is usable", async () => {
    expect(await driver.check({ ...ctx, env: { VIRTUALBOX_NO_VTX_CHECK: "1" } })).toMatchObject({
      usable: true,
      version: expect.stringMatching(/^7\./),
    });
  });

  it(
    "lives through a machine's whole life with few calls",
    async () => {
      const before = await inventory();
      const machine = await open_("whole", { NoShare: false, ShareFolder: "/tmp:shared" });
      await lab.forgetCalls();
      const hooks = recordingHooks();
      await machine.preCreateCheck();
      await machine.create(hooks);
      const calls = await lab.calls();
      expect(calls.length).toBeLessThanOrEqual(20);
      expect(calls.filter(({ args }) => args[0] === "modifyvm")).toHaveLength(1);
      expect(calls.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
      expect(hooks.made.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["vm", "hostonlyif"]));

      expect(machine.config.IPAddress).toBe("192.168.59.100");
      expect(await machine.url()).toBe("tcp://192.168.59.100:2376");
      const info = await vboxManage("showvminfo", "whole", "--machinereadable");
      expect(info).toContain('VMState="running"');
      expect(info).toContain("memory=64");
      expect(info).toContain('nic2="hostonly"');
      expect(info).toContain('hostonlyadapter2="vboxnet0"');
      expect(info).toContain(`Forwarding(0)="ssh,tcp,127.0.0.1,${machine.config.SSHPort},,22"`);
      expect(info).toContain(`"SATA-1-0"="${ctx.machineDir("whole")}/disk.vmdk"`);
      expect(info).toContain('SharedFolderPathMachineMapping1="/tmp"');

      const { SSHPort } = machine.config;
      await vboxManage("controlvm", "whole", "pause");
      expect(await stateByList(machine)).toBe("Paused");
      await machine.start();
      expect(await machine.state()).toBe("Running");
      await vboxManage("controlvm", "whole", "savestate");
      expect(await stateByList(machine)).toBe("Saved");
      expect(await machine.state()).toBe("Saved");
      await machine.start();
      expect(await stateByList(machine)).toBe("Running");

      await machine.stop({ timeoutMs: 1 });
      expect(await machine.state()).toBe("Stopped");
      expect(machine.config.IPAddress).toBe("");
      await lab.forgetCalls();
      await machine.start();
      expect((await lab.calls()).map(({ args }) => args[0])).not.toContain("modifyvm");
      expect(machine.config).toMatchObject({ SSHPort, IPAddress: "192.168.59.100" });

      await machine.kill();
      expect(await stateByList(machine)).toBe("Stopped");
      await machine.remove();
      expect(await machine.state()).toBe("NotFound");
      const after = await inventory();
      expect(after).toMatchObject({ vms: before.vms, disks: before.disks, fixed: before.fixed });
      await machine.remove();
    },
    slow,
  );

  it(
    "writes a disk that VirtualBox and QEMU read, with the magic at its start",
    async () => {
      const machine = await open_("disk", { DiskSize: 20_000 });
      await machine.create(recordingHooks());
      await machine.kill();
      const path = join(ctx.machineDir("disk"), "disk.vmdk");
      expect((await stat(path)).blocks * 512).toBeLessThan(1_000_000);
      const info = await vboxManage("showmediuminfo", "disk", path);
      expect(info).toMatch(/Capacity:\s+20000 MBytes/);
      expect(info).toMatch(/Format variant:\s+dynamic default/);
      const checked = await lab.run("qemu-img", ["check", path]);
      expect(checked.stdout + checked.stderr).toContain("No errors were found");
      const raw = join(lab.folder, "home/disk.raw");
      await lab.run("qemu-img", ["convert", "-O", "raw", path, raw]);
      const file = await open(raw, "r");
      const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
      await file.close();
      expect(buffer.toString("latin1")).toMatch(/^boot2docker, please format-me/);
      expect(buffer.toString("latin1")).toContain("ssh-rsa AAAA test");
      await machine.remove();
    },
    slow,
  );

  it(
    "takes disk, sizes and key of a boot2docker VM, which stays as it is",
    async () => {
      const home = join(lab.folder, "home");
      const raw = join(home, "old.raw");
      await writeFile(raw, "containers of before".padEnd(1024 * 1024, "\0"));
      const disk = join(home, "old.vmdk");
      await vboxManage("convertfromraw", raw, disk, "--format", "VMDK");
      await vboxManage("createvm", "--name", "boot2docker-vm", "--basefolder", home, "--register");
      await vboxManage("modifyvm", "boot2docker-vm", "--memory", "96");
      await vboxManage("storagectl", "boot2docker-vm", "--name", "SATA", "--add", "sata");
      const port = ["--storagectl", "SATA", "--port", "1", "--device", "0", "--type", "hdd"];
      await vboxManage("storageattach", "boot2docker-vm", ...port, "--medium", disk);
      await mkdir(join(home, ".ssh"), { recursive: true });
      await writeFile(join(home, ".ssh/id_boot2docker"), "the old key\n", { mode: 0o644 });
      await writeFile(join(home, ".ssh/id_boot2docker.pub"), "ssh-rsa OLD\n");
      const before = await vboxManage("showvminfo", "boot2docker-vm", "--machinereadable");

      const machine = await open_("imported", { Boot2DockerImportVM: "boot2docker-vm" });
      await machine.create(recordingHooks());
      expect(machine.config).toMatchObject({ CPU: 1, Memory: 96 });
      const info = await vboxManage("showvminfo", "imported", "--machinereadable");
      expect(info).toContain("memory=96");
      const own = ctx.machineDir("imported");
      expect(info).toContain(`"SATA-1-0"="${own}/disk.vmdk"`);
      expect(await readFile(join(own, "id_rsa"), "utf8")).toBe("the old key\n");
      expect((await stat(join(own, "id_rsa"))).mode & 0o777).toBe(0o600);
      await machine.kill();
      await lab.run("qemu-img", ["convert", "-O", "raw", join(own, "disk.vmdk"), raw]);
      expect((await readFile(raw, "latin1")).startsWith("containers of before")).toBe(true);
      await machine.remove();
      expect(await vboxManage("showvminfo", "boot2docker-vm", "--machinereadable")).toBe(before);
      await vboxManage("unregistervm", "boot2docker-vm", "--delete");
    },
    slow,
  );

  const failure = (match: string) => ({
    match,
    stderr:
      "VBoxManage: error: Something broke\nVBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component X\n",
  });
  const points = [
    "^createvm",
    "^hostonlyif ipconfig",
    "^dhcpserver (add|modify)",
    "^modifyvm",
    "^storageattach .*hdd",
    "^startvm",
  ];
  it.each(points)(
    "leaves nothing behind when %s fails",
    async (point) => {
      await removeInterfaces();
      const before = await inventory();
      await lab.setFaults([failure(point)]);
      const machine = await open_("broken", { HostOnlyCIDR: "192.168.61.1/24" });
      const hooks = recordingHooks();
      await expect(machine.create(hooks)).rejects.toThrow(/Something broke/);
      const again = await open_("broken", { HostOnlyCIDR: "192.168.61.1/24" });
      await again.remove(hooks.made);
      expect(await inventory()).toEqual(before);
    },
    slow,
  );

  it(
    "finds an interface that VirtualBox made and reported as failed",
    async () => {
      await removeInterfaces();
      await lab.setFaults([
        {
          match: "^hostonlyif create",
          after: true,
          stderr:
            "VBoxManage: error: Failed to create the host-only adapter\nVBoxManage: error: Querying NetCfgInstanceId failed (0x00000002)\n",
        },
      ]);
      const machine = await open_("odd");
      await machine.create(recordingHooks());
      expect(await machine.ip()).toBe("192.168.59.100");
      await machine.remove();
    },
    slow,
  );

  it(
    "tries again what passes by itself",
    async () => {
      await lab.setFaults([
        {
          match: "^createvm",
          count: 2,
          stderr:
            "VBoxManage: error: Failed to create the VirtualBox object!\nVBoxManage: error: Code NS_ERROR_FAILURE (0x80004005)\n",
        },
        {
          match: "^unregistervm",
          count: 2,
          stderr: "VBoxManage: error: Cannot unregister the machine 'again' while it is locked\n",
        },
      ]);
      const machine = await open_("again");
      await machine.create(recordingHooks());
      await machine.remove();
      expect(await machine.state()).toBe("NotFound");
    },
    slow,
  );

  it(
    "never touches a VM of the same name that is somebody else's",
    async () => {
      await vboxManage(
        "createvm",
        "--name",
        "theirs",
        "--basefolder",
        join(lab.folder, "home/other"),
        "--register",
      );
      const machine = await open_("theirs");
      await expect(machine.preCreateCheck()).rejects.toMatchObject({ code: "VBOX_VM_EXISTS" });
      await machine.remove([{ kind: "vm", id: "theirs" }]);
      expect(await vboxManage("list", "vms")).toContain('"theirs"');
      await vboxManage("unregistervm", "theirs", "--delete");
    },
    slow,
  );

  it("refuses an address outside VirtualBox's ranges before anything is made", async () => {
    const machine = await open_("range", { HostOnlyCIDR: "192.168.99.1/24" });
    await expect(machine.preCreateCheck()).rejects.toMatchObject({
      code: "VBOX_RANGE_NOT_ALLOWED",
      hint: expect.stringContaining("* 192.168.99.0/24"),
    });
    expect((await lab.calls()).map(({ args }) => args.join(" "))).toEqual(["--version"]);
  });

  it(
    "notices a VM that dies while it boots",
    async () => {
      await lab.setFaults([{ match: "^startvm", killAfterMs: 500 }]);
      const patient: DriverContext = {
        ...ctx,
        ssh: {
          ...ctx.ssh,
          waitForBanner: (_address, { signal }) =>
            new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
        },
      };
      const config = { ...(await reserveConfig(ctx, "dying")), HostOnlyCIDR: "192.168.59.1/24", ...small };
      const machine = driver.open(patient, config);
      await expect(machine.create(recordingHooks())).rejects.toMatchObject({ code: "VBOX_VM_ENDED" });
      expect(await stateByList(machine)).toBe("Stopped");
      expect(await readFile(join(ctx.machineDir("dying"), "dying/dying.vbox"), "utf8")).toContain(
        'aborted="true"',
      );
      await machine.remove();
    },
    slow,
  );

  it(
    "makes two machines at once on one new interface",
    async () => {
      await removeInterfaces();
      const machines = await Promise.all([open_("twin-a"), open_("twin-b")]);
      await Promise.all(machines.map((machine) => machine.create(recordingHooks())));
      const addresses = machines.map(({ config }) => config.IPAddress).sort();
      expect(addresses).toEqual(["192.168.59.100", "192.168.59.101"]);
      expect((await inventory()).interfaces).toEqual(["vboxnet0"]);
      await lab.forgetCalls();
      const states = await driver.states?.(
        ctx,
        machines.map(({ config }) => config),
      );
      expect([...(states?.values() ?? [])].map(({ state }) => state)).toEqual(["Running", "Running"]);
      expect((await lab.calls()).length).toBeLessThanOrEqual(3);
      await Promise.all(machines.map((machine) => machine.remove()));
      expect((await inventory()).vms).toBe("");
    },
    slow,
  );

  it(
    "replaces the image and the sizes of a stopped machine",
    async () => {
      const machine = await open_("sized");
      await machine.create(recordingHooks());
      await machine.kill();
      await machine.resize?.({ cpus: 2, memoryMiB: 96 });
      await machine.upgradeImage?.();
      const info = await vboxManage("showvminfo", "sized", "--machinereadable");
      expect(info).toContain("memory=96");
      expect(info).toContain("cpus=2");
      await machine.remove();
    },
    slow,
  );

  async function removeInterfaces(): Promise<void> {
    for (const name of (await inventory()).interfaces) await vboxManage("hostonlyif", "remove", name ?? "");
  }
});
