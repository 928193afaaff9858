import { readFile } from "node:fs/promises";
import { readTextIfPresent } from "./fs.ts";

/** A process that cannot be mistaken for a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; without blanks; "" where the system does not tell. */
  readonly started: string;
}

let own: Promise<ProcessIdentity> | undefined;

/** This process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= startOf(process.pid).then((started) => ({ pid: process.pid, started: started ?? "" }));
  return own;
}

/** True while the process exists, stopped ones included; a zombie counts as ended. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!exists(identity.pid)) return false;
  const started = await startOf(identity.pid);
  return started !== undefined && (started === "" || identity.started === "" || started === identity.started);
}

function exists(pid: number): boolean {
  if (pid <= 0) return false; // 0 would be our own process group
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, but belongs to another user
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process was started; undefined when there is none, "" where the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return startOnLinux(pid);
  if (process.platform === "win32") return "";
  try {
    const [{ execFile }, { promisify }] = await Promise.all([
      import("node:child_process"),
      import("node:util"),
    ]);
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      env: { ...process.env, LC_ALL: "C" },
      timeout: 10_000,
    });
    const [stat = "", ...start] = stdout.trim().split(/\s+/);
    return stat === "" || stat.startsWith("Z") ? undefined : start.join("_");
  } catch {
    return exists(pid) ? "" : undefined; // ps exits 1 for a process that is gone
  }
}

/** proc(5): field 3 is the state, field 22 the start in clock ticks since boot; field 2 may hold blanks. */
async function startOnLinux(pid: number): Promise<string | undefined> {
  const stat = await readStat(pid);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  if (state === "Z" || state === "X") return undefined;
  return `${await bootId()}-${fields[19] ?? ""}`;
}

async function readStat(pid: number): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // ENOENT or ESRCH: it ended
  }
}

async function bootId(): Promise<string> {
  const text = await readTextIfPresent("/proc/sys/kernel/random/boot_id");
  return (text ?? "").slice(0, 8);
}
