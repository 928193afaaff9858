import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ImageContext } from "./context.ts";
import { bootModules, kernelModules, unwantedModules } from "./recipe-kernel.ts";

/** An unpacked kernel package: its version and the folder it lies in. */
export interface Kernel {
  readonly version: string;
  readonly image: string;
  readonly modules: string;
}

/** Finds the kernel in an unpacked linux-image package. */
export async function findKernel(unpacked: string): Promise<Kernel> {
  const name = (await readdir(join(unpacked, "boot"))).find((file) => file.startsWith("vmlinuz-"));
  if (name === undefined) throw new Error(`no kernel in ${unpacked}/boot`);
  const version = name.slice("vmlinuz-".length);
  return {
    version,
    image: join(unpacked, "boot", name),
    modules: join(unpacked, "usr/lib/modules", version),
  };
}

/**
 * Puts the modules that machines need into `root`, not compressed and without signatures: at boot each would cost time
 * to unpack and to check, and squashfs compresses them anyway.
 */
export async function installModules(ctx: ImageContext, kernel: Kernel, root: string): Promise<void> {
  const all = (await readdir(kernel.modules, { recursive: true })).filter((name) =>
    /\.ko(\.xz)?$/.test(name),
  );
  const chosen = all.filter(isWanted).sort();
  const target = join(root, "usr/lib/modules", kernel.version);
  for (const folder of new Set(chosen.map((name) => dirname(name))))
    await mkdir(join(target, folder), { recursive: true });
  for (const name of chosen) await copyFile(join(kernel.modules, name), join(target, name));
  for (const name of ["modules.builtin", "modules.builtin.modinfo", "modules.order"]) {
    await copyFile(join(kernel.modules, name), join(target, name));
  }
  const compressed = chosen.filter((name) => name.endsWith(".xz")).map((name) => join(target, name));
  for (let at = 0; at < compressed.length; at += 200) {
    await ctx.run("xz", ["-d", "-T0", ...compressed.slice(at, at + 200)], { timeoutMs: 300_000 });
  }
  for (const name of chosen) await stripSignature(join(target, name.replace(/\.xz$/, "")));
  await ctx.run("depmod", ["-b", root, kernel.version]);
}

function isWanted(name: string): boolean {
  const matches = (list: readonly string[]) =>
    list.some((one) =>
      one.endsWith("/") || one.endsWith("_") || one.endsWith("-")
        ? name.startsWith(one)
        : name.startsWith(`${one}.ko`),
    );
  return matches(kernelModules) && !matches(unwantedModules);
}

const marker = Buffer.from("~Module signature appended~\n");

/** Cuts off what scripts/sign-file appended: signature, 12 bytes that end in its length, and a marker. */
async function stripSignature(path: string): Promise<void> {
  const content = await readFile(path);
  const plain = withoutSignature(content);
  if (plain.length !== content.length) await writeFile(path, plain);
}

export function withoutSignature(module: Buffer): Buffer {
  if (!module.subarray(-marker.length).equals(marker)) return module;
  const end = module.length - marker.length;
  return module.subarray(0, end - 12 - module.readUInt32BE(end - 4));
}

/** The modules of the initial RAM disk, with what they need, copied from `root` to the same place in `target`. */
export async function installBootModules(root: string, version: string, target: string): Promise<void> {
  const source = join(root, "usr/lib/modules", version);
  const needs = parseDependencies(await readFile(join(source, "modules.dep"), "utf8"));
  const paths = new Map([...needs.keys()].map((path) => [moduleName(path), path]));
  const wanted = new Set<string>();
  for (const name of bootModules) {
    const path = paths.get(moduleName(name));
    if (path === undefined) continue; // built into the kernel
    for (const one of [path, ...(needs.get(path) ?? [])]) wanted.add(one);
  }
  for (const path of [...wanted].sort()) {
    await mkdir(dirname(join(target, "lib/modules", version, path)), { recursive: true });
    await copyFile(join(source, path), join(target, "lib/modules", version, path));
  }
}

const moduleName = (path: string) => basename(path).replace(/\.ko$/, "").replaceAll("-", "_");

/** Reads modules.dep(5): module path → paths of all modules that it needs. */
export function parseDependencies(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [path, rest] = line.split(":", 2);
    if (path !== undefined && rest !== undefined) found.set(path, rest.split(" ").filter(Boolean));
  }
  return found;
}
