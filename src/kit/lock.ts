import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "./clock.ts";
import { systemCode } from "./errors.ts";
import { ensureDirectory, readTextIfPresent } from "./fs.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

export interface LockOptions {
  clock: Clock;
  signal?: AbortSignal;
  /** Called once when the lock is held, by another process or another task of this one; what it throws ends the waiting. */
  onWait?: (pid: number, isOwn: boolean) => void;
}

interface Holder extends ProcessIdentity {
  /** Never used twice; tells one holding from every other. */
  readonly token: string;
}

const pollMs = 50;
const suffix = ".lock";

/**
 * Runs `task` while this process holds the lock file `path` (which ends in ".lock"); released in any case.
 *
 * The file names its holder by process number and start time. It is taken from a holder that is dead, at once;
 * never from one that lives, stopped or slow. Not reentrant.
 *
 * How several takers of a dead holder's lock stay out of each other's way: only the holder of a second lock,
 * named after the dead holding's own token, may replace the file, and it looks again before it does.
 */
export async function withLock<T>(path: string, task: () => Promise<T>, options: LockOptions): Promise<T> {
  await ensureDirectory(dirname(path));
  const mine = await acquire(path, options);
  try {
    return await task();
  } finally {
    await release(path, mine);
  }
}

async function acquire(path: string, options: LockOptions): Promise<Holder> {
  const { randomBytes } = await import("node:crypto"); // costs start-up time: only who locks pays
  const mine: Holder = { ...(await ownIdentity()), token: randomBytes(8).toString("hex") };
  const draft = `${path}.${mine.pid}.${mine.started}.${mine.token}.tmp`;
  let told = false;
  try {
    await writeFile(draft, format(mine), { mode: 0o600 });
    for (;;) {
      options.signal?.throwIfAborted();
      if (await tryLink(draft, path)) return mine;
      const holder = await readHolder(path);
      if (holder === undefined) continue; // released in between
      if (await isAlive(holder)) {
        if (!told) options.onWait?.(holder.pid, holder.pid === mine.pid);
        told = true;
        await options.clock.delay(pollMs, options.signal);
      } else if (await replaceDead(path, holder, draft, options)) {
        return mine;
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts `draft` in the place of a dead holder's file, unless somebody else was first. */
function replaceDead(path: string, dead: Holder, draft: string, options: LockOptions): Promise<boolean> {
  return withLock(
    `${path}.${dead.token}${suffix}`,
    async () => {
      const present = await readHolder(path);
      if (present?.token !== dead.token) return false;
      await rename(draft, path);
      return true;
    },
    options,
  );
}

async function release(path: string, mine: Holder): Promise<void> {
  // a person may have deleted the file, and another process made its own
  const present = await readHolder(path);
  if (present?.token === mine.token) await rm(path, { force: true });
}

/**
 * Removes what ended processes left in a directory of locks; locks that are held stay.
 * For inventories that must be clean after a kill; taking a lock does not need it.
 */
export async function sweepLocks(directory: string, options: LockOptions): Promise<void> {
  for (const name of await filesOf(directory)) {
    const path = join(directory, name);
    if (name.endsWith(".tmp")) {
      const holder = holderOfDraft(name);
      if (holder !== undefined && !(await isAlive(holder))) await rm(path, { force: true });
    } else if (name.endsWith(suffix)) {
      const holder = await readHolder(path);
      if (holder !== undefined && !(await isAlive(holder))) {
        await withLock(path, async () => undefined, options);
      }
    }
  }
}

async function filesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** `link` makes the name and its content appear at once, and fails when the name is taken. */
async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

function format(holder: Holder): string {
  return `${holder.pid} ${holder.started || "-"} ${holder.token}\n`;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const [pid, started, token] = text.trim().split(" ");
  if (pid === undefined || started === undefined || token === undefined || !/^\d+$/.test(pid)) {
    // not ours, or damaged: nobody can hold it
    return { pid: 0, started: "", token: `damaged-${Buffer.from(text.slice(0, 16)).toString("hex")}` };
  }
  return { pid: Number(pid), started: started === "-" ? "" : started, token };
}

function holderOfDraft(name: string): ProcessIdentity | undefined {
  const parts = basename(name, ".tmp").split(".");
  const [pid, started] = parts.slice(-3);
  return pid !== undefined && started !== undefined && /^\d+$/.test(pid)
    ? { pid: Number(pid), started }
    : undefined;
}
