import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findVBoxManage } from "../../../../drivers/virtualbox/find-vboxmanage.ts";
import { vboxManage } from "../../../../drivers/virtualbox/vboxmanage.ts";
import { checkUsable } from "../../../../drivers/virtualbox/version.ts";
import { type ScriptedCall, scriptedRun } from "../../../support/scripted-run.ts";
import { fakeContext } from "./fake-context.ts";

const recording = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../recordings/virtualbox/${name}`, import.meta.url)), "utf8");

function session(...script: ScriptedCall[]) {
  const run = scriptedRun(script);
  return { run, vbox: vboxManage(fakeContext({ run })) };
}

describe("VBoxManage", () => {
  it("is called in English", async () => {
    const { vbox, run } = session({
      command: "VBoxManage list vms",
      check: ({ env }) => expect(env).toMatchObject({ LC_ALL: "C" }),
    });
    await vbox(["list", "vms"]);
    run.done();
  });

  it.each([
    "VBoxManage: error: The object is not ready\n",
    "VBoxManage: error: Failed to create the VirtualBox object!\nVBoxManage: error: Code NS_ERROR_FAILURE\n",
    "VBoxManage: error: Cannot unregister the machine 'm' while it is locked\n",
    "VBoxManage: error: The machine 'm' is already locked for a session (or being unlocked)\n",
  ])("is asked again after %j", async (stderr) => {
    const { vbox, run } = session(
      { command: "VBoxManage x", stderr, exitCode: 1 },
      { command: "VBoxManage x", stderr, exitCode: 1 },
      { command: "VBoxManage x", stdout: "done" },
    );
    expect((await vbox(["x"])).stdout).toBe("done");
    run.done();
  });

  it("gives up on a service that never comes within two seconds", async () => {
    const stderr = "VBoxManage: error: Failed to create the VirtualBox object!\n";
    const run = scriptedRun(
      Array.from({ length: 6 }, () => ({ command: "VBoxManage x", stderr, exitCode: 1 })),
    );
    const ctx = fakeContext({ run });
    await expect(vboxManage(ctx)(["x"])).rejects.toMatchObject({ code: "VBOX_SERVICE" });
    expect(ctx.clock.monotonic()).toBeLessThanOrEqual(2_000);
    run.done();
  });

  it("has failed when it prints an error and exits 0", async () => {
    const stderr = "VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)\n";
    const { vbox } = session({ command: "VBoxManage startvm m", stderr });
    await expect(vbox(["startvm", "m"])).rejects.toMatchObject({ code: "VBOX_NO_VTX" });
  });

  it("a warning is no failure", async () => {
    const stderr = 'VBoxManage: warning: Interface "vboxnet0" doesn\'t seem to exist\n';
    const { vbox } = session({ command: "VBoxManage modifyvm m", stderr });
    await vbox(["modifyvm", "m"]);
  });

  it.each([
    ["startvm m", recording("7.2/startvm-no-driver.txt"), "VBOX_NO_KERNEL_DRIVER", /vboxdrv|vboxconfig/],
    [
      "hostonlyif create",
      recording("7.2/hostonlyif-create-no-driver.txt"),
      "VBOX_NO_KERNEL_DRIVER",
      /vboxnetadp/,
    ],
    ["showvminfo nope", recording("7.2/showvminfo-missing.txt"), "VBOX_VM_NOT_FOUND", /list vms/],
    [
      "hostonlyif create",
      "VBoxManage: error: VBoxNetAdpCtl: Error while adding new interface: VBoxNetAdpCtl: ioctl failed for /dev/vboxnetctl: VERR_ALREADY_EXISTS\n",
      "VBOX_ADAPTER_EXISTS",
      /vboxnetadp/,
    ],
    [
      "hostonlyif ipconfig vboxnet0",
      "VBoxManage: error: Code E_ACCESSDENIED (0x80070005) - Access denied (extended info not available)\n",
      "VBOX_RANGE_NOT_ALLOWED",
      /networks\.conf/,
    ],
    [
      "convertfromraw a b",
      'VBoxManage: error: Cannot create the disk image "disk.vmdk": VERR_DISK_FULL\n',
      "DISK_FULL",
      /room/,
    ],
    [
      "startvm m",
      "VBoxManage: error: VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).\n",
      "VBOX_VTX_IN_USE",
      /kvm/,
    ],
    ["startvm m", "VBoxManage: error: Out of memory (VERR_NO_MEMORY)\n", "VBOX_NO_MEMORY", /memory/],
    [
      "modifyvm m",
      "VBoxManage: error: Something new\nVBoxManage: error: Details: code X\n",
      "VBOX_FAILED",
      undefined,
    ],
  ])("%s: cause and remedy of a failure", async (command, stderr, code, hint) => {
    const { vbox } = session({ command: `VBoxManage ${command}`, stderr, exitCode: 1 });
    const error: unknown = await vbox(command.split(" ")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toMatch(/Details: code|Context:/);
    if (hint !== undefined) expect(error).toMatchObject({ hint: expect.stringMatching(hint) });
  });
});

describe("an installation", () => {
  it.each([
    ["missing", { command: /./, notFound: true }, /not found/],
    ["too old", { command: /./, stdout: "5.1.38r122592\n" }, /5\.1\.38r122592 is too old/],
    [
      "without kernel driver",
      { command: /./, stdout: "WARNING: The vboxdrv kernel module is not loaded.\n6.1.50r161033\n" },
      /kernel driver/,
    ],
    ["that tells nothing", { command: /./, stdout: "Segmentation fault\n" }, /does not tell its version/],
  ])("%s is not usable and says what to install", async (_what, call, reason) => {
    const { vbox } = session(call);
    const check = await checkUsable(vbox);
    expect(check).toMatchObject({
      usable: false,
      reason: expect.stringMatching(reason),
      hint: expect.stringMatching(/install|virtualbox/i),
    });
  });

  it("of today is usable", async () => {
    const { vbox } = session({ command: "VBoxManage --version", stdout: recording("7.2/version.txt") });
    expect(await checkUsable(vbox)).toEqual({ usable: true, version: "7.2.22_Debianr175245" });
  });
});

describe("the program on Windows", () => {
  const at = (present: string, env: Record<string, string>, registry = "") =>
    findVBoxManage({
      env,
      platform: "win32",
      isFile: async (path) => path === present,
      run: async () => ({ stdout: registry, stderr: "", exitCode: 0, durationMs: 1 }),
    });

  it.each([
    ["VBOX_INSTALL_PATH", "D:\\VBox\\VBoxManage.exe", { VBOX_INSTALL_PATH: "D:\\VBox\\" }],
    ["VBOX_MSI_INSTALL_PATH", "E:\\VB\\VBoxManage.exe", { VBOX_MSI_INSTALL_PATH: "E:\\VB" }],
    ["the usual folder", "C:\\Program Files\\Oracle\\VirtualBox\\VBoxManage.exe", {}],
  ])("is found by %s", async (_how, path, env) => {
    expect(await at(path, env)).toBe(path);
  });

  it("is found in the registry", async () => {
    const path = "F:\\Oracle VirtualBox\\VBoxManage.exe";
    const registry =
      "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Oracle\\VirtualBox\r\n    InstallDir    REG_SZ    F:\\Oracle VirtualBox\\\r\n";
    expect(await at(path, {}, registry)).toBe(path);
  });

  it("else is looked for in the PATH", async () => {
    expect(await at("", {})).toBe("VBoxManage.exe");
  });
});
