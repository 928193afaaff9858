import { createHash, type Hash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Apt } from "./apt.ts";
import type { ImageContext, ImageKind } from "./context.ts";
import * as recipe from "./recipe.ts";
import * as kernelRecipe from "./recipe-kernel.ts";

/** To be raised when the code that builds images changes in a way that shows in them. */
const builderRevision = 1;

/**
 * A digest of everything that an image is made of: packages, our files, the bundled program, the recipe. Images with
 * equal digests are equal, so that building may be left out.
 */
export async function inputsDigest(
  ctx: ImageContext,
  apt: Apt,
  kind: ImageKind,
  bundle: string | undefined,
  packages: readonly (readonly string[])[],
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify([kind, builderRevision, recipe, kernelRecipe, ctx.env["SOURCE_DATE_EPOCH"] ?? ""]),
  );
  for (const set of packages) {
    for (const { name, version } of await apt.fetch(set)) hash.update(`\0${name}=${version}`);
  }
  await hashFolder(hash, join(ctx.packageRoot, "image"));
  if (bundle !== undefined) await hashFolder(hash, bundle);
  return hash.digest("hex");
}

/** Names, contents and the right to run, in the order of the names. */
async function hashFolder(hash: Hash, folder: string): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    const info = await lstat(path);
    hash.update(`\0${name}\0${info.isDirectory() ? "d" : (info.mode & 0o100).toString()}\0`);
    if (info.isDirectory()) await hashFolder(hash, path);
    else hash.update(await readFile(path));
  }
}
