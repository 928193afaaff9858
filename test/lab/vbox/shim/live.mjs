// The VMs that are powered on: what the real VirtualBox believes to be off.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isAlive, readJson, stateFolder, vmFolder, writeJson } from "./lab.mjs";
import { withoutService } from "./real.mjs";

/** Every VM that is on, with the state in VirtualBox's word. */
export function liveVms() {
  return readdirSync(stateFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9a-f-]{36}$/.test(entry.name))
    .flatMap(({ name }) => {
      const vm = readJson(join(stateFolder, name, "vm.json"), undefined);
      return vm === undefined ? [] : [{ ...vm, uuid: name }];
    });
}

export function findLive(nameOrUuid) {
  return liveVms().find(({ name, uuid }) => name === nameOrUuid || uuid === nameOrUuid);
}

export function saveLive(vm) {
  writeJson(join(vmFolder(vm.uuid), "vm.json"), vm);
}

export function setState(uuid, state) {
  const vm = findLive(uuid);
  if (vm !== undefined) saveLive({ ...vm, state, since: new Date().toISOString() });
}

export function qemuPid(uuid) {
  const path = join(vmFolder(uuid), "qemu.pid");
  const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  return pid > 0 && isAlive(pid) ? pid : 0;
}

export function forgetLive(uuid) {
  rmSync(join(stateFolder, uuid), { recursive: true, force: true });
}

export function logLine(vm, ...lines) {
  const path = join(vm.logFolder, "VBox.log");
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, lines.map((line) => `00:00:00.000001 ${line}\n`).join(""));
}

export function newLog(vm, ...lines) {
  const path = join(vm.logFolder, "VBox.log");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  logLine(vm, "VirtualBox VM of the lab", ...lines);
}

/** Does the definition say what VirtualBox itself would write there: a saved state, an aborted run? */
export function definitionAttributes(file) {
  const head = /<Machine\s[^>]*>/.exec(readFileSync(file, "utf8"))?.[0] ?? "";
  return { stateFile: /\bstateFile="([^"]*)"/.exec(head)?.[1], aborted: /\baborted="true"/.test(head) };
}

/** Writes how the VM ended into its definition, which the service then reads. */
export function setDefinitionAttributes(file, { stateFile, aborted }) {
  withoutService(() => {
    const text = readFileSync(file, "utf8");
    const changed = text.replace(/<Machine\s[^>]*>/, (head) => {
      const bare = head.replace(/ (stateFile|aborted)="[^"]*"/g, "");
      const added = `${stateFile ? ` stateFile="${stateFile}"` : ""}${aborted ? ' aborted="true"' : ""}`;
      return bare.replace(/>$/, `${added}>`);
    });
    writeFileSync(file, changed);
  });
}
