import { sep } from "node:path";
import { AppError, systemCode } from "./errors.ts";

/** Why the system refused a file, in words, and what helps. */
const reasons: Readonly<Record<string, readonly [reason: string, remedy?: string]>> = {
  EACCES: ["permission denied"],
  EPERM: ["the system does not permit it"],
  EROFS: ["the file system is read-only"],
  ENOTDIR: ["a part of the path is a file, not a directory"],
  EISDIR: ["it is a directory, not a file"],
  EEXIST: ["there is something else of that name"],
  ENOENT: ["it cannot be made there"],
  ELOOP: ["its symbolic links lead round in a circle"],
  ENAMETOOLONG: ["the path is too long"],
  EIO: ["the disk failed"],
  ENOSPC: ["no space is left on the disk", "make room on the disk, then run the same command again"],
  EDQUOT: ["the disk quota is used up", "make room, then run the same command again"],
  EMFILE: ["too many files are open", "raise the limit with: ulimit -n 4096"],
  ENFILE: ["too many files are open on this computer", "end other programs, then run the same command again"],
};

/**
 * What a person should read of a file that the system refused: no fault of the program.
 * @param storeRoot the store, whose place the hint names for files in it
 * @returns undefined for any other error
 */
export function fileTrouble(error: unknown, storeRoot: string | undefined): AppError | undefined {
  const code = systemCode(error);
  const [reason, remedy] = reasons[code ?? ""] ?? [];
  if (reason === undefined || !(error instanceof Error)) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  const call = "syscall" in error && typeof error.syscall === "string" ? error.syscall : "";
  // Node names no path for what it does with an open file
  if (path === undefined && !["write", "fsync", "ftruncate"].includes(call)) return undefined;
  // a file that is looked for and is not there is expected by whoever looks; only its making may fail this way
  if (code === "ENOENT" && call !== "mkdir") return undefined;
  const isInStore =
    path !== undefined && storeRoot !== undefined && `${path}${sep}`.startsWith(`${storeRoot}${sep}`);
  const hint =
    remedy ??
    (isInStore
      ? `the store is at ${storeRoot}; --storage-path or MACHINE_STORAGE_PATH names another directory`
      : undefined);
  return new AppError(
    "FILE_UNUSABLE",
    `${path ?? "a file"} cannot be ${path === undefined ? "written" : "used"}: ${reason}`,
    {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
