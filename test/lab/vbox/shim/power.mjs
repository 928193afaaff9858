// startvm and controlvm.
import { spawn, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  alone,
  isAlive,
  labFolder,
  progress,
  sleep,
  success,
  VBoxFailure,
  vmFolder,
  waitFor,
} from "./lab.mjs";
import {
  definitionAttributes,
  findLive,
  forgetLive,
  logLine,
  newLog,
  qemuPid,
  saveLive,
  setDefinitionAttributes,
  setState,
} from "./live.mjs";
import { qemuOf } from "./qemu.mjs";
import { qmp } from "./qmp.mjs";
import { real, vmInfo } from "./real.mjs";

const shimFolder = dirname(fileURLToPath(import.meta.url));

export async function startvm(args, fault) {
  const at = args.findIndex(
    (arg, index) => !arg.startsWith("-") && !/^--?(type|putenv|E)$/.test(args[index - 1] ?? ""),
  );
  const info = at < 0 ? undefined : vmInfo(args[at]);
  if (info === undefined) return real(["startvm", ...args]);
  const stdout = `Waiting for VM "${info.name}" to power on...\n`;
  const vm = {
    uuid: info.UUID,
    name: info.name,
    file: info.CfgFile,
    logFolder: info.LogFldr,
    taps: [],
    bridges: [],
  };
  alone("power", () => {
    if (findLive(vm.uuid) !== undefined) throw lockedBySession(vm.name, stdout);
    saveLive({ ...vm, state: "starting", since: new Date().toISOString() });
  });
  const { stateFile } = definitionAttributes(vm.file);
  const incoming = stateFile === undefined ? undefined : join(dirname(vm.file), stateFile);
  try {
    newLog(vm);
    const qemu = await qemuOf(info, incoming);
    Object.assign(vm, { taps: qemu.taps, bridges: qemu.bridges });
    saveLive({ ...vm, state: "starting", since: new Date().toISOString() });
    await launch(vm, qemu, incoming);
  } catch (error) {
    for (const tap of vm.taps) spawnSync("ip", ["link", "del", tap], { stdio: "ignore" });
    forgetLive(vm.uuid);
    if (error instanceof VBoxFailure) error.stdout = stdout;
    throw error;
  }
  setDefinitionIfNeeded(vm, incoming);
  setState(vm.uuid, "running");
  logLine(vm, "Changing the VM state from 'POWERING_ON' to 'RUNNING'");
  if (fault.killAfterMs !== undefined) killLater(vm.uuid, fault.killAfterMs);
  return success(`${stdout}VM "${vm.name}" has been successfully started.\n`);
}

async function launch(vm, qemu, incoming) {
  const folder = vmFolder(vm.uuid);
  rmSync(join(folder, "qemu.pid"), { force: true });
  writeFileSync(join(folder, "qemu.args"), `${qemu.args.join("\n")}\n`);
  writeFileSync(join(folder, "nbd.args"), qemu.diskArgs.length > 0 ? `${qemu.diskArgs.join("\n")}\n` : "");
  spawn(join(shimFolder, "..", "vm-host.sh"), [labFolder, vm.uuid, shimFolder], {
    detached: true,
    stdio: "ignore",
  }).unref();
  for (let tries = 0; tries < 300; tries++) {
    sleep(100);
    if (findLive(vm.uuid) === undefined) break;
    try {
      const { status } = (await qmp(vm.uuid, { execute: "query-status" })) ?? {};
      if (status === undefined || status === "inmigrate") continue;
      if (incoming !== undefined) await qmp(vm.uuid, { execute: "cont" });
      return;
    } catch {
      // its socket is not there yet
    }
  }
  throw new VBoxFailure([
    `The virtual machine '${vm.name}' has terminated unexpectedly during startup with exit code 1 (0x1)`,
    "Details: code NS_ERROR_FAILURE (0x80004005), component MachineWrap, interface IMachine",
  ]);
}

/** A run that begins ends a saved state and forgets an aborted run. */
function setDefinitionIfNeeded(vm, incoming) {
  const present = definitionAttributes(vm.file);
  if (present.stateFile === undefined && !present.aborted) return;
  setDefinitionAttributes(vm.file, {});
  if (incoming !== undefined) rmSync(incoming, { force: true });
}

function killLater(uuid, ms) {
  const script = 'sleep "$1"; kill -9 "$(cat "$2")"';
  const pidPath = join(vmFolder(uuid), "qemu.pid");
  spawn("sh", ["-c", script, "sh", String(ms / 1000), pidPath], { detached: true, stdio: "ignore" }).unref();
}

export async function controlvm([name = "", operation = "", ...rest]) {
  const vm = findLive(name);
  if (vm === undefined) return real(["controlvm", name, operation, ...rest]);
  switch (operation) {
    case "poweroff":
      await powerOff(vm.uuid);
      return success("", progress);
    case "acpipowerbutton":
      await qmp(vm.uuid, { execute: "system_powerdown" });
      return success();
    case "reset":
      await qmp(vm.uuid, { execute: "system_reset" });
      return success();
    case "pause":
    case "resume":
      return pauseOrResume(vm, operation);
    case "savestate":
      return saveState(vm);
    default:
      throw new VBoxFailure([`the lab does not know controlvm ${operation}`]);
  }
}

async function powerOff(uuid) {
  // one that just starts does not listen yet
  for (let tries = 0; tries < 300 && findLive(uuid) !== undefined; tries++) {
    await qmp(uuid, { execute: "quit" }).catch(() => sleep(100));
    sleep(20);
  }
  waitForEnd(uuid);
}

async function pauseOrResume(vm, operation) {
  if ((operation === "pause") !== (vm.state === "running")) {
    throw new VBoxFailure([
      operation === "pause"
        ? "Invalid machine state: Paused"
        : "Cannot resume the machine as it is not paused (machine state: Running)",
      "Details: code VBOX_E_INVALID_VM_STATE (0x80bb0002), component ConsoleWrap, interface IConsole, callee nsISupports",
    ]);
  }
  await qmp(vm.uuid, { execute: operation === "pause" ? "stop" : "cont" });
  setState(vm.uuid, operation === "pause" ? "paused" : "running");
  return success();
}

async function saveState(vm) {
  const target = join(vmFolder(vm.uuid), "memory.saved");
  setState(vm.uuid, "saving");
  await qmp(
    vm.uuid,
    { execute: "stop" },
    { execute: "migrate-set-parameters", arguments: { "max-bandwidth": 2 ** 33 } },
    { execute: "migrate", arguments: { uri: `exec:cat > ${target}.part && mv ${target}.part ${target}` } },
  );
  for (let tries = 0; tries < 1_200; tries++) {
    const { status } = (await qmp(vm.uuid, { execute: "query-migrate" })) ?? {};
    if (status === "completed" || status === "failed") break;
    sleep(100);
  }
  await qmp(vm.uuid, { execute: "quit" }).catch(() => undefined);
  waitForEnd(vm.uuid);
  return success("", progress);
}

function waitForEnd(uuid) {
  const pid = qemuPid(uuid);
  waitFor(() => findLive(uuid) === undefined && (pid === 0 || !isAlive(pid)), 60_000);
}

function lockedBySession(name, stdout) {
  return new VBoxFailure(
    [
      `The machine '${name}' is already locked by a session (or being locked or unlocked)`,
      "Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports",
    ],
    { stdout },
  );
}

/** Commands on a definition that a running VM forbids. */
export function guarded(command, args) {
  const name = command === "sharedfolder" ? args[1] : args.find((arg) => !arg.startsWith("-"));
  const vm = findLive(name);
  if (vm === undefined || args.includes("--transient")) return real([command, ...args]);
  throw new VBoxFailure([
    command === "unregistervm"
      ? `Cannot unregister the machine '${vm.name}' while it is locked`
      : `The machine '${vm.name}' is already locked for a session (or being unlocked)`,
    "Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports",
  ]);
}
