// What the computer is and has, and how scripts run programs on it. Plain Node: works before `npm ci`.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const isRoot = process.getuid?.() === 0;

/** Debian, Ubuntu and what calls itself like them, where apt-get installs what is missing. */
export const isDebianLike = (() => {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false; // no such file: not Linux, or a very bare one
  }
})();

/** Where images, downloads and trees of other distributions are kept between runs. */
export const cacheDir =
  process.env.MACHINE_TEST_CACHE ?? (isRoot ? "/var/cache/machine" : join(homedir(), ".cache", "machine"));

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Path of a program on PATH (with the sbin folders), or undefined. */
export function which(program) {
  const folders = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Runs a program with its output shown; resolves with the exit code. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/** Runs a program; throws with `what` where it fails. */
export async function must(what, program, args, options) {
  const code = await run(program, args, options);
  if (code !== 0) throw new Error(`${what} failed: ${program} ${args.join(" ")} ended with ${code}`);
}

/** Output of a program, or undefined where it fails. */
export function outputOf(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", cwd: root, ...options });
  return result.status === 0 ? result.stdout : undefined;
}

export function ensureDir(path) {
  mkdirSync(path, { recursive: true });
  return path;
}
