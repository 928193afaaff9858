import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/**
 * Replaces a file whole: a reader sees the old content or the new, never a part, and neither is lost in a crash.
 * @param mode of the file, exactly, whatever the umask
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const { randomBytes } = await import("node:crypto"); // costs start-up time: only who writes pays
  const temporary = `${path}.tmp${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(data);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The text of a file, or undefined where there is none. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Makes a directory and its parents; the directory itself gets `mode`, whatever the umask. */
export async function ensureDirectory(path: string, mode = 0o700): Promise<void> {
  if (await makeDirectory(path, mode)) await chmod(path, mode);
}

/**
 * Tells whether it had to be made. Node's own `recursive` (20.20) never ends below /proc, where the parent is there
 * and a child still cannot be made.
 */
async function makeDirectory(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT" && dirname(path) !== path) {
      // with a parent made or found the second try tells the truth
      await makeDirectory(dirname(path), mode);
      return await makeInParent(path, mode);
    }
    return await standsOrThrow(path, error);
  }
}

async function makeInParent(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    return await standsOrThrow(path, error);
  }
}

/** False where the directory stands already; throws `error` for any other reason. */
async function standsOrThrow(path: string, error: unknown): Promise<false> {
  const isThere = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (!isThere) throw error;
  return false;
}
