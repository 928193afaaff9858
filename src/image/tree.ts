import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../kit/errors.ts";
import type { PackageFile } from "./apt.ts";
import type { ImageContext } from "./context.ts";
import {
  busyboxApplets,
  fileModes,
  folders,
  links,
  owners,
  unwantedPackages,
  unwantedPaths,
} from "./recipe.ts";

/**
 * Unpacks packages into a folder without running any of their scripts, so that the result depends on nothing but them.
 * What the scripts would have done for a machine is data in recipe.ts.
 */
export async function unpackPackages(
  ctx: ImageContext,
  packages: readonly PackageFile[],
  root: string,
): Promise<void> {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(join(root, "usr", name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  const queue = [...packages];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await ctx.run("dpkg-deb", ["-x", next.path, root], { timeoutMs: 300_000 });
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Leaves out what no machine needs, by name. */
export function wantedPackages(packages: readonly PackageFile[]): PackageFile[] {
  const unwanted: readonly string[] = unwantedPackages;
  return packages.filter((one) => !unwanted.includes(one.name));
}

/** Removes documentation and leftovers; licences (copyright files) stay. */
export async function prune(root: string, paths: readonly string[] = unwantedPaths): Promise<void> {
  for (const path of paths) await rm(join(root, path), { recursive: true, force: true });
  const documents = join(root, "usr/share/doc");
  for (const name of await names(documents)) {
    const folder = join(documents, name);
    if ((await lstat(folder)).isSymbolicLink()) continue;
    for (const file of await names(folder)) {
      if (file !== "copyright") await rm(join(folder, file), { recursive: true, force: true });
    }
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** Copies our own files over a tree: 0755 for programs, 0644 for the rest, whatever the checkout's umask was. */
export async function overlay(source: string, root: string): Promise<void> {
  for (const entry of (await readdir(source, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const from = join(source, entry.name);
    const to = join(root, entry.name);
    if (entry.isDirectory()) {
      await mkdir(to, { recursive: true });
      await chmod(to, 0o755);
      await overlay(from, to);
    } else {
      await rm(to, { force: true });
      await copyFile(from, to);
      await chmod(to, ((await lstat(from)).mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}

/** Does what the packages' scripts would have done: links, folders, certificates, library cache, modes and owners. */
export async function finishMachineTree(ctx: ImageContext, root: string): Promise<void> {
  for (const [folder, mode] of Object.entries(folders)) {
    await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, folder), mode);
  }
  for (const [link, target] of Object.entries(links)) await putLink(root, link, target);
  for (const [folder, applets] of Object.entries(busyboxApplets)) {
    for (const applet of applets) {
      const elsewhere = folder === "usr/bin" ? "usr/sbin" : "usr/bin";
      if (!(await exists(join(root, folder, applet))) && !(await exists(join(root, elsewhere, applet)))) {
        await putLink(root, join(folder, applet), folder === "usr/bin" ? "busybox" : "../bin/busybox");
      }
    }
  }
  await bundleCertificates(root);
  await refreshLibraryCache(ctx, root);
  for (const [path, mode] of Object.entries(fileModes)) await chmod(join(root, path), mode);
  for (const [path, [uid, gid]] of Object.entries(owners)) await chown(join(root, path), uid, gid);
}

async function putLink(root: string, link: string, target: string): Promise<void> {
  const path = join(root, link);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** One file of all authorities, as update-ca-certificates(8) makes it. */
export async function bundleCertificates(root: string): Promise<void> {
  const source = join(root, "usr/share/ca-certificates/mozilla");
  let bundle = "";
  for (const name of await names(source)) {
    const text = await readFile(join(source, name), "utf8");
    bundle += text.endsWith("\n") ? text : `${text}\n`;
  }
  await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
  await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), bundle, { mode: 0o644 });
}

/** ld.so.cache, without the auxiliary file that holds inode numbers. */
async function refreshLibraryCache(ctx: ImageContext, root: string): Promise<void> {
  await ctx.run("ldconfig", ["-i", "-r", root]);
  await rm(join(root, "var/cache/ldconfig"), { recursive: true, force: true });
}
