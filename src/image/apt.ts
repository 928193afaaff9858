import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { isAppError } from "../kit/errors.ts";
import { ensureDirectory, writeFileAtomic } from "../kit/fs.ts";
import type { ImageContext } from "./context.ts";
import { buildToolMissing, packagesUnavailable } from "./errors.ts";
import { architecture, suite } from "./recipe.ts";

/** One Debian package as a file. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Debian's packages, through an apt of our own that neither reads nor changes the host's. */
export interface Apt {
  /** These packages and all that they depend on, downloaded unless cached, in the order of their names. */
  fetch(packages: readonly string[]): Promise<readonly PackageFile[]>;
}

const keyrings = "/usr/share/keyrings/debian-archive-keyring.gpg";
const minutes = 60_000;

/**
 * Opens the package cache below `directory` and brings its lists up to date.
 * Without a network the lists and packages of an earlier run serve again.
 * @throws IMAGE_PACKAGES_UNAVAILABLE with neither network nor cache
 */
export async function openApt(ctx: ImageContext, directory: string): Promise<Apt> {
  const archives = join(directory, "cache/archives");
  for (const folder of ["state/lists/partial", "cache/archives/partial", "etc"]) {
    await ensureDirectory(join(directory, folder), 0o755);
  }
  const mirror = ctx.env["MACHINE_DEBIAN_MIRROR"] ?? "http://deb.debian.org";
  const signed = `[signed-by=${keyrings}]`;
  await writeFileAtomic(
    join(directory, "etc/sources.list"),
    [
      `deb ${signed} ${mirror}/debian ${suite} main`,
      `deb ${signed} ${mirror}/debian ${suite}-updates main`,
      `deb ${signed} ${mirror}/debian-security ${suite}-security main`,
      "",
    ].join("\n"),
    0o644,
  );
  await writeFileAtomic(join(directory, "state/status"), "", 0o644);
  const apt = async (...args: string[]) => {
    try {
      return await ctx.run("apt-get", [...settings(directory), ...args], {
        timeoutMs: 15 * minutes,
        env: { ...ctx.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
        ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
      });
    } catch (error) {
      if (isAppError(error, "PROGRAM_NOT_FOUND")) throw buildToolMissing("apt-get", "apt");
      throw error;
    }
  };

  ctx.progress("asking Debian for its newest packages");
  try {
    await apt("update", "--error-on=any");
  } catch (error) {
    if (isAppError(error, "IMAGE_BUILD_TOOL_MISSING")) throw error;
    const lists = await readdir(join(directory, "state/lists"));
    if (!lists.some((name) => name.endsWith("_Packages") || name.includes("_Packages.")))
      throw packagesUnavailable(error);
    ctx.log.warn("Debian could not be asked for newer packages; the cached ones are used");
  }

  return {
    async fetch(packages) {
      const simulated = await apt("-y", "-s", "install", ...packages);
      const files = parseInstalls(simulated.stdout)
        .map(({ name, version, kind }) => ({
          name,
          version,
          path: join(archives, `${name}_${version.replaceAll(":", "%3a")}_${kind}.deb`),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      // What lies in this folder was checked by apt when it came: unfinished files are in partial/.
      const present = new Set(await readdir(archives));
      if (!files.every(({ path }) => present.has(basename(path)))) {
        ctx.progress("downloading packages");
        await apt("-y", "--download-only", "install", ...packages);
      }
      return files;
    },
  };
}

function settings(directory: string): string[] {
  const options = {
    "Dir::State": join(directory, "state"),
    "Dir::State::status": join(directory, "state/status"),
    "Dir::Cache": join(directory, "cache"),
    "Dir::Etc::sourcelist": join(directory, "etc/sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Install-Recommends": "false",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "20",
    "Acquire::GzipIndexes": "false",
  };
  return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** Reads `Inst NAME (VERSION ORIGIN [ARCH])` lines of apt-get -s; see apt-get(8), "--simulate". */
export function parseInstalls(text: string): { name: string; version: string; kind: string }[] {
  const found = [];
  for (const line of text.split("\n")) {
    const match = /^Inst (\S+) .*?\((\S+) .*\[(\w+)\]\)/.exec(line);
    const [, name, version, kind] = match ?? [];
    if (name !== undefined && version !== undefined && kind !== undefined)
      found.push({ name, version, kind });
  }
  return found;
}
