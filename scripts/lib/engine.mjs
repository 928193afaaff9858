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

/** What `startIsolatedEngine` makes and `endEngine` ends, as plain JSON. */
export function isolatedEngine(namespace, dir) {
  const runDir = `/run/${namespace}`;
  return { namespace, dir, runDir, address: `unix://${join(runDir, "docker.sock")}` };
}

/** Makes a network namespace and an engine in it; nothing outside is touched but the engine's folders. */
export async function startIsolatedEngine(engine) {
  const { namespace } = engine;
  if (!isRoot) throw new Error("--isolated needs root: it makes a network namespace");
  if (!existsSync(`/run/netns/${namespace}`)) await must("the namespace", "ip", ["netns", "add", namespace]);
  await must("the loopback of the namespace", ...within(namespace, "ip", ["link", "set", "lo", "up"]));
  await startDockerd(engine);
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
  const engine = { dir, runDir: "/run/machine-engine", address: "unix:///var/run/docker.sock" };
  await startDockerd(engine);
  return engine;
}

/** Starts dockerd itself, as a process of its own that outlives this one; its sockets are in short paths, as they must be. */
async function startDockerd({ dir, runDir, address, namespace }) {
  ensureDir(dir);
  ensureDir(runDir);
  const log = join(dir, "dockerd.log");
  const pidFile = join(runDir, "dockerd.pid");
  rmSync(pidFile, { force: true });
  const folders = ["--data-root", join(dir, "data"), "--exec-root", join(runDir, "exec")];
  say(`starting an engine of its own (log: ${log})`);
  const output = openSync(log, "a");
  const [program, words] = within(namespace, "dockerd", [
    "--host",
    address,
    "--pidfile",
    pidFile,
    ...folders,
  ]);
  const child = spawn(program, words, { detached: true, stdio: ["ignore", output, output] });
  child.once("error", (error) => say(error.message));
  child.unref();
  closeSync(output);
  if (await answersWithin(90_000, { ...process.env, DOCKER_HOST: address })) return;
  if (child.pid !== undefined) await endProcess(child.pid);
  throw new Error(`the engine did not start; the end of its log:\n${lastLines(log)}`);
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
  if (engine.runDir !== undefined) {
    const pid = pidIn(join(engine.runDir, "dockerd.pid"));
    if (pid !== undefined) await endProcess(pid);
    for (const dir of [engine.dir, engine.runDir]) {
      await unmountBelow(dir);
      rmSync(dir, { recursive: true, force: true });
    }
  }
  if (engine.namespace !== undefined && existsSync(`/run/netns/${engine.namespace}`)) {
    await run("ip", ["netns", "delete", engine.namespace]);
  }
}

/** The engine's process by its own file; undefined where it ended, and never another program's. */
function pidIn(file) {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8"));
  const name = `/proc/${pid}/comm`;
  return existsSync(name) && readFileSync(name, "utf8").trim() === "dockerd" ? pid : undefined;
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
