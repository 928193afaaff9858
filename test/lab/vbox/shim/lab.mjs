// Where the lab keeps what the real VirtualBox cannot know: interfaces, running VMs, counts of faults.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const labFolder = process.env.VBOXLAB_DIR ?? "";
if (labFolder === "") {
  process.stderr.write("VBoxManage of the lab: VBOXLAB_DIR is not set; it runs inside a lab only\n");
  process.exit(70);
}
export const stateFolder = join(labFolder, "state");
export const progress = "0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\n";

/** A failure in VBoxManage's form: one "error:" line for each text. */
export class VBoxFailure extends Error {
  constructor(lines, { exitCode = 1, stdout = "" } = {}) {
    super(lines[0]);
    this.stderr = lines.map((line) => `VBoxManage: error: ${line}\n`).join("");
    this.exitCode = exitCode;
    this.stdout = stdout;
  }
}

export const success = (stdout = "", stderr = "") => ({ exitCode: 0, stdout, stderr });

/** Blocks this process; the shim has nothing else to do. */
export function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Asks until the answer is truthy. */
export function waitFor(ask, timeoutMs, intervalMs = 50) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = ask();
    if (answer || Date.now() > end) return answer;
    sleep(intervalMs);
  }
}

export function readJson(path, fallback) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return fallback;
  }
}

export function writeJson(path, value) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(value));
  renameSync(temporary, path);
}

/** Runs `task` alone among all calls of the lab; a holder that died is noticed by its process number. */
export function alone(name, task) {
  const lock = join(stateFolder, `${name}.lock`);
  const taken = waitFor(() => tryLock(lock), 120_000, 10);
  if (!taken) throw new Error(`the lab's lock ${name} was held for two minutes`);
  try {
    return task();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function tryLock(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    return true;
  } catch {
    const holder = readJson(join(lock, "pid"), 0);
    const isOld = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 1_000;
    if (isOld && (holder === 0 || !isAlive(holder))) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program of the host that must succeed. */
export function sh(file, ...args) {
  const result = spawnSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.status !== 0)
    throw new VBoxFailure([`lab: ${file} ${args.join(" ")}: ${result.stderr ?? result.error}`]);
  return result.stdout;
}

export function vmFolder(uuid) {
  const folder = join(stateFolder, uuid);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  return folder;
}
