import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const consulDeb = {
  url: "http://deb.debian.org/debian/pool/main/c/consul/consul_1.8.7+dfsg1-2+b3_amd64.deb",
  sha256: "e4e888bba104daba1d9161f49bfc52649a7e4efd45b1a7ead5bc54f2cb9c89d9",
};
const cacheDir = "/var/cache/machine/stores";

/** The consul program: the installed one, else that of Debian 11's package from the mirror; undefined where neither can be had. */
export async function findConsul(): Promise<string | undefined> {
  try {
    execFileSync("consul", ["version"], { stdio: "pipe", timeout: 60_000 });
    return "consul";
  } catch {
    // not installed
  }
  if (process.arch !== "x64") return undefined;
  const program = join(cacheDir, "consul-1.8.7", "usr/bin/consul");
  if (existsSync(program)) return program;
  try {
    await mkdir(cacheDir, { recursive: true });
    const deb = await fetchDeb();
    const home = await mkdtemp(join(cacheDir, "unpack-"));
    execFileSync("dpkg-deb", ["-x", deb, home], { stdio: "pipe", timeout: 120_000 });
    // another process may have been quicker; what it unpacked is the same
    await rename(home, join(cacheDir, "consul-1.8.7")).catch(() =>
      rm(home, { recursive: true, force: true }),
    );
    return program;
  } catch (error) {
    console.warn(`consul cannot be had: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function fetchDeb(): Promise<string> {
  const path = join(cacheDir, "consul.deb");
  const isGood = (data: Uint8Array) => createHash("sha256").update(data).digest("hex") === consulDeb.sha256;
  if (existsSync(path) && isGood(await readFile(path))) return path;
  let last: unknown;
  for (let tries = 0; tries < 4; tries += 1) {
    try {
      const answer = await fetch(consulDeb.url, { signal: AbortSignal.timeout(120_000) });
      const data = new Uint8Array(await answer.arrayBuffer());
      if (!isGood(data))
        throw new Error(`${consulDeb.url}: HTTP ${answer.status} or not the expected content`);
      const temporary = `${path}.${process.pid}`;
      await writeFile(temporary, data);
      await rename(temporary, path);
      return path;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
