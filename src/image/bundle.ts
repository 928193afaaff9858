import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, systemCode } from "../kit/errors.ts";
import type { ImageContext } from "./context.ts";

/**
 * Collects the bundled swarm program: dist/swarm.cjs and the chunks that it and they load, not those of `machine`.
 * @returns a folder that holds them as they lie in dist/
 * @throws SWARM_BUNDLE_MISSING when nothing was bundled yet
 */
export async function stagedBundle(ctx: ImageContext, work: string): Promise<string> {
  const source = ctx.env["MACHINE_SWARM_BUNDLE"] || join(ctx.packageRoot, "dist");
  const target = join(work, "bundle");
  const seen = new Set<string>();
  const queue = ["swarm.cjs"];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = await readBundleFile(join(source, file));
    for (const wanted of loadedFiles(text)) queue.push(join(dirname(file), wanted));
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(source, file), join(target, file));
  }
  return target;
}

async function readBundleFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw new AppError("SWARM_BUNDLE_MISSING", `the bundled swarm program is not there: ${path}`, {
      hint: "npm run build",
      cause: error,
    });
  }
}

/** Relative files that a CommonJS chunk requires, at once or later. */
export function loadedFiles(text: string): string[] {
  return [...text.matchAll(/\brequire\(\s*["'`](\.{1,2}\/[^"'`]+\.cjs)["'`]\s*\)/g)].map(
    (match) => match[1] ?? "",
  );
}
