// The engine that quickstart uses: the user's own where one answers, else one that is started, told, and ended again.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureDir, isRoot, must, outputOf, run, say, which } from "./host.mjs";

/** How a program is run inside the network namespace, or as it is where there is none. */
export function within(namespace, program, args) {
  if (namespace === undefined) return [program, args];
  return ["nsenter", [`--net=/run/netns/${namespace}`, program, ...args]];
}

/** The engine that answers now (DOCKER_HOST or the usual socket), or undefined. */
export function answeringEngine(env = process.env) {
  return outputOf("docker", ["version", "--format", "{{.Server.Version}}"], { env, timeout: 20_000 })?.trim();
}

/**
 * Makes a network namespace and an engine in it; nothing outside is touched but the given folder.
 * @returns what `endEngine` needs, as plain JSON
 */
export async function startIsolatedEngine(namespace, dir) {
  if (!isRoot) throw new Error("--isolated needs root: it makes a network namespace");
  if (!existsSync(`/run/netns/${namespace}`)) await must("the namespace", "ip", ["netns", "add", namespace]);
  await must("the loopback of the namespace", ...within(namespace, "ip", ["link", "set", "lo", "up"]));
  return { ...(await startDockerd(dir, namespace)), namespace, dir };
}

/** Starts an engine for the whole computer: by systemd, else by the service script, else directly. */
export async function startHostEngine(dir) {
  if (!isRoot) throw new Error("no Docker engine answers; start one, or run this as root");
  if (existsSync("/run/systemd/system")) {
    say("no engine answers: starting docker.service");
    await must("the engine", "systemctl", ["start", "docker"]);
    return { systemd: true };
  }
  if (which("service") && existsSync("/etc/init.d/docker")) {
    say("no engine answers: starting it by its service script");
    const code = await run("service", ["docker", "start"]);
    if (code === 0 && (await answersWithin(15_000, process.env))) return { service: true };
    await run("service", ["docker", "stop"]);
  }
  return { ...(await startDockerd(dir, undefined)), dir };
}

/** Starts dockerd itself, as a process of its own that outlives this one. */
async function startDockerd(dir, namespace) {
  ensureDir(dir);
  const isWhole = namespace === undefined;
  const socket = isWhole ? "/var/run/docker.sock" : join(dir, "docker.sock");
  const log = join(dir, "dockerd.log");
  const folders = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec")];
  const args = ["--host", `unix://${socket}`, "--pidfile", join(dir, "dockerd.pid"), ...folders];
  say(`starting an engine of its own (log: ${log})`);
  const output = openSync(log, "a");
  const [program, words] = within(namespace, "dockerd", args);
  const child = spawn(program, words, { detached: true, stdio: ["ignore", output, output] });
  child.unref();
  closeSync(output);
  const address = `unix://${socket}`;
  if (!(await answersWithin(90_000, { ...process.env, DOCKER_HOST: address }))) {
    throw new Error(`the engine did not start; the end of its log:\n${lastLines(log)}`);
  }
  return { pid: Number(readFileSync(join(dir, "dockerd.pid"), "utf8")), address };
}

async function answersWithin(ms, env) {
  const end = Date.now() + ms;
  do {
    if (answeringEngine(env) !== undefined) return true;
    await delay(300);
  } while (Date.now() < end);
  return false;
}

/** Ends what was started, and removes its folder and namespace. */
export async function endEngine(engine) {
  if (engine.systemd) await run("systemctl", ["stop", "docker.socket", "docker"]);
  if (engine.service) await run("service", ["docker", "stop"]);
  if (engine.pid !== undefined) {
    await endProcess(engine.pid);
    await unmountBelow(engine.dir);
    rmSync(engine.dir, { recursive: true, force: true });
  }
  if (engine.namespace !== undefined) await run("ip", ["netns", "delete", engine.namespace]);
}

async function endProcess(pid) {
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    for (let tries = 0; tries < 150; tries += 1) {
      try {
        process.kill(pid, tries === 0 ? signal : 0);
      } catch {
        return; // it is gone
      }
      await delay(200);
    }
  }
}

/** Containers' mounts stay behind when an engine is killed; without this its folder cannot be removed. */
async function unmountBelow(dir) {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const points = mounts
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.sort((a, b) => b.length - a.length)) await run("umount", ["--lazy", point]);
}

function lastLines(file) {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
