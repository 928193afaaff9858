import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ImageContext } from "./context.ts";

/** Seconds since 1970 of the newest file below a folder. */
export async function newestFileTime(folder: string): Promise<number> {
  let newest = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, await newestFileTime(path));
    else if (entry.isFile()) newest = Math.max(newest, Math.floor((await lstat(path)).mtimeMs / 1000));
  }
  return newest;
}

/** A folder as a tar whose bytes depend on its names, modes, owners and contents alone. */
export async function tarTree(
  ctx: ImageContext,
  folder: string,
  target: string,
  epoch: number,
  options: { ownedByRoot?: boolean } = {},
): Promise<void> {
  const owner = options.ownedByRoot ? ["--owner=0", "--group=0"] : [];
  await ctx.run(
    "tar",
    [
      "--create",
      `--file=${target}`,
      "--format=gnu",
      "--sort=name",
      `--mtime=@${epoch}`,
      "--numeric-owner",
      ...owner,
      "--no-acls",
      "--no-xattrs",
      "--no-selinux",
      "-C",
      folder,
      "--",
      ".",
    ],
    { timeoutMs: 600_000, env: { LC_ALL: "C" } },
  );
}
