// showvminfo and list, with what is on.

import { listInterfaces } from "./hostonly.mjs";
import { success } from "./lab.mjs";
import { findLive, liveVms } from "./live.mjs";
import { real } from "./real.mjs";

export function showvminfo(args) {
  const result = real(["showvminfo", ...args]);
  const uuid = /^UUID(?:=|:\s+)"?([0-9a-f-]{36})/m.exec(result.stdout)?.[1];
  const vm = uuid === undefined ? undefined : findLive(uuid);
  return vm === undefined ? result : { ...result, stdout: withState(result.stdout, vm) };
}

export function list(args) {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const isLong = args.some((arg) => arg === "-l" || arg === "--long");
  if (words[0] === "hostonlyifs") return listInterfaces();
  if (words[0] === "runningvms") return listRunning(isLong);
  const result = real(["list", ...args]);
  if (words[0] !== "vms" || !isLong) return result;
  const blocks = result.stdout.split(/^(?=Name: {2,}\S)/m).map((block) => {
    const vm = findLive(/^UUID:\s+(\S+)$/m.exec(block)?.[1]);
    return vm === undefined ? block : withState(block, vm);
  });
  return { ...result, stdout: blocks.join("") };
}

function listRunning(isLong) {
  const vms = liveVms();
  if (!isLong) return success(vms.map(({ name, uuid }) => `"${name}" {${uuid}}\n`).join(""));
  return success(vms.map((vm) => `${withState(real(["showvminfo", vm.uuid]).stdout, vm)}\n`).join(""));
}

function withState(text, { state, since }) {
  return text
    .replace(/^VMState="\w+"$/m, `VMState="${state}"`)
    .replace(/^VMStateChangeTime=".*"$/m, `VMStateChangeTime="${since}"`)
    .replace(/^(State:\s+).*$/m, `$1${state} (since ${since})`);
}
