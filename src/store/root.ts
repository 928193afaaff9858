import { join, resolve } from "node:path";
import { AppError } from "../kit/errors.ts";
import type { Env } from "../kit/process.ts";

/**
 * The root of the store, absolute: the option, else MACHINE_STORAGE_PATH, else .docker/machine in the home directory.
 * @throws NO_HOME when nothing tells where the home directory is
 */
export function storeRoot(option: string | undefined, env: Env, platform: NodeJS.Platform): string {
  const chosen = option || env["MACHINE_STORAGE_PATH"];
  if (chosen) return resolve(chosen);
  const home = platform === "win32" ? env["USERPROFILE"] : env["HOME"];
  if (!home) {
    throw new AppError("NO_HOME", "the home directory is not known, and so the place of the store", {
      hint: "set HOME, or name a directory with --storage-path or MACHINE_STORAGE_PATH",
    });
  }
  return resolve(join(home, ".docker", "machine"));
}
