import { readdir, readFile } from "node:fs/promises";

/** Sends a signal; a process that has ended is fine. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended already
  }
}

/** Does it run still? A zombie does not. */
export async function isThere(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return status !== "" && !/\) Z /.test(status);
}

/** The process that a process started first. */
export async function onlyChild(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(text.trim().split(" ")[0]);
}

/** The processes of a process group. */
export async function membersOf(group: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const isMember = async (pid: number) => {
    const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[2]) === group;
  };
  const found = await Promise.all(pids.map(async (pid) => ((await isMember(pid)) ? [pid] : [])));
  return found.flat();
}
