// The real VBoxManage and VBoxSVC in the chroot.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { isAlive, labFolder, readJson, stateFolder, waitFor, writeJson } from "./lab.mjs";

const root = join(labFolder, "root");
const programs = "/usr/lib/virtualbox";
const servicePath = join(stateFolder, "vboxsvc.json");

function realEnv() {
  return {
    ...process.env,
    LC_ALL: "C",
    LANG: "C",
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    USER: "root",
    LOGNAME: "root",
  };
}

/** Runs the real VBoxManage to its end. */
export function real(args) {
  const result = spawnSync("chroot", [root, `${programs}/VBoxManage`, ...args], {
    encoding: "utf8",
    env: realEnv(),
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  return { exitCode: result.status ?? 255, stdout: result.stdout ?? "", stderr: result.stderr ?? "" };
}

/** Started without its option for ending by itself, so that calls do not meet it while it ends. */
export function startService() {
  const child = spawn("chroot", [root, `${programs}/VBoxSVC`], {
    env: realEnv(),
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  writeJson(servicePath, { pid: child.pid });
  waitFor(() => real(["list", "vms"]).exitCode === 0, 30_000, 200);
}

/** Ends the service, lets `change` edit the files that it would write over, and starts it again. */
export function withoutService(change) {
  const { pid = 0 } = readJson(servicePath, {});
  if (pid !== 0 && isAlive(pid)) {
    process.kill(pid, "SIGTERM");
    if (!waitFor(() => !isAlive(pid), 5_000, 20)) process.kill(pid, "SIGKILL");
    waitFor(() => !isAlive(pid), 5_000, 20);
  }
  change();
  startService();
}

/** `showvminfo --machinereadable` as an object without quotes, or undefined where there is no such VM. */
export function vmInfo(name) {
  const { exitCode, stdout } = real(["showvminfo", name, "--machinereadable"]);
  if (exitCode !== 0) return undefined;
  const info = {};
  for (const line of stdout.split("\n")) {
    const match = /^("[^"]*"|[^=]+)=(.*)$/.exec(line);
    if (match) info[match[1].replaceAll('"', "")] = match[2].replace(/^"(.*)"$/, "$1");
  }
  return info;
}
