// Entry of the lab's VBoxManage: one call, one line in the log.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { dhcpserver } from "./dhcp.mjs";
import { faultFor } from "./faults.mjs";
import { hostonlyif } from "./hostonly.mjs";
import { labFolder, sleep, VBoxFailure } from "./lab.mjs";
import { newLog } from "./live.mjs";
import { controlvm, guarded, startvm } from "./power.mjs";
import { real, vmInfo } from "./real.mjs";
import { list, showvminfo } from "./show.mjs";

const started = Date.now();
const args = process.argv.slice(2);
const fault = faultFor(args);
if (fault.delayMs !== undefined) sleep(fault.delayMs);
const result = await answer();
appendFileSync(
  join(labFolder, "calls.jsonl"),
  `${JSON.stringify({ at: started, args, exitCode: result.exitCode, ms: Date.now() - started })}\n`,
);
process.stdout.write(result.stdout);
process.stderr.write(result.stderr);
process.exitCode = result.exitCode;

async function answer() {
  const fails = fault.stderr !== undefined || fault.exitCode !== undefined;
  // "after": the work is done all the same, and then reported as failed
  const worked = !fails || fault.after ? await perform() : undefined;
  if (!fails) return worked;
  const name = args.slice(1).find((arg) => !arg.startsWith("-")) ?? "";
  const text = (template = "") => template.replaceAll("{vm}", name);
  if (fault.vmLog !== undefined) newLog({ logFolder: vmInfo(name)?.LogFldr ?? labFolder }, ...fault.vmLog);
  return { exitCode: fault.exitCode ?? 1, stdout: text(fault.stdout), stderr: text(fault.stderr) };
}

async function perform() {
  try {
    return await dispatch();
  } catch (error) {
    if (error instanceof VBoxFailure) return error;
    throw error;
  }
}

function dispatch() {
  const [command, ...rest] = args;
  switch (command) {
    case "hostonlyif":
      return hostonlyif(rest);
    case "dhcpserver":
      return dhcpserver(rest);
    case "startvm":
      return startvm(rest, fault);
    case "controlvm":
      return controlvm(rest);
    case "showvminfo":
      return showvminfo(rest);
    case "list":
      return list(rest);
    case "modifyvm":
    case "storagectl":
    case "storageattach":
    case "sharedfolder":
    case "unregistervm":
      return guarded(command, rest);
    default:
      return real(args);
  }
}
