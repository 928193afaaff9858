/**
 * Real engines in network namespaces that the test makes and removes.
 *
 *   const lab = await openLab();                      // a namespace with a bridge, 10.99.0.1
 *   const own = await lab.engine();                   // an engine in it on a unix socket: the user's own
 *   const host = await lab.host({ docker: 26, tls }); // a namespace of its own with an engine at host.ip:2376
 *   await lab.run("docker", ["info"], { env: { DOCKER_HOST: own.address } });
 *   await lab.close();
 *
 * Programs under test run inside, by `lab.run` and `lab.spawn`; nothing is reached from outside but what `lab.forward`
 * brings to a port of 127.0.0.1.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { silentLog } from "../../src/kit/log.ts";
import { type Env, lastLines, type RunOptions, type RunResult, realRun } from "../../src/kit/process.ts";
import { forwardInto } from "./forward.ts";

const run = realRun(silentLog);
const startMs = 90_000;

export interface LabTls {
  ca: string;
  cert: string;
  key: string;
}

export interface LabEngine {
  /** For DOCKER_HOST. */
  address: string;
  /** Address of its host, where it has one of its own. */
  ip: string;
  pid: number;
  logPath: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface HostOptions {
  /** 20: Debian bookworm's 20.10, installed here; 26: Debian trixie's, run from its tree. */
  docker?: 20 | 26;
  /** PEM files for the TCP listener at port 2376; without it the engine listens on its socket alone. */
  tls?: (ip: string) => Promise<LabTls>;
  labels?: readonly string[];
  env?: Env;
}

export interface LabHost {
  readonly ip: string;
  readonly namespace: string;
  engine: LabEngine;
  /** Starts the engine again after `engine.stop()`, with the data it had. */
  restart(): Promise<void>;
  /** Cuts the host off the network, or joins it again. */
  cut(): Promise<void>;
  join(): Promise<void>;
}

export interface Lab {
  readonly namespace: string;
  readonly dir: string;
  run(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  spawn(file: string, args: readonly string[], options?: { env?: Env }): ChildProcess;
  engine(): Promise<LabEngine>;
  /** A port of 127.0.0.1 here whose connections go to this address inside; needs socat. */
  forward(target: { host: string; port: number }): Promise<{ host: string; port: number }>;
  host(options?: HostOptions): Promise<LabHost>;
  close(): Promise<void>;
}

let labs = 0;

/** Makes a lab: a network namespace with a bridge. Needs root, iproute2 and dockerd. */
export async function openLab(): Promise<Lab> {
  labs += 1;
  const namespace = `mlab${process.pid}-${labs}`;
  const dir = await mkdtemp(join(tmpdir(), "mlab-"));
  const closers: (() => Promise<void>)[] = [
    async () => {
      await unmountBelow(dir);
      await rm(dir, { recursive: true, force: true });
    },
  ];
  await addNamespace(namespace, closers);
  await run("ip", ["-n", namespace, "link", "add", "lab0", "type", "bridge"]);
  await run("ip", ["-n", namespace, "addr", "add", "10.99.0.1/24", "dev", "lab0"]);
  await run("ip", ["-n", namespace, "link", "set", "lab0", "up"]);
  let hosts = 0;
  return {
    namespace,
    dir,
    run: (file, args, options) => run("nsenter", [`--net=/run/netns/${namespace}`, file, ...args], options),
    spawn: (file, args, options = {}) =>
      spawn("nsenter", [`--net=/run/netns/${namespace}`, file, ...args], {
        env: { ...process.env, ...options.env },
        stdio: ["pipe", "pipe", "pipe"],
      }),
    async engine() {
      const engine = await startEngine({ namespace, dir: join(dir, "own"), docker: 20, ip: "", labels: [] });
      closers.push(() => engine.stop());
      return engine;
    },
    async forward(target) {
      const tunnel = await forwardInto(namespace, target);
      closers.push(() => tunnel.stop());
      return { host: "127.0.0.1", port: tunnel.port };
    },
    async host(options = {}) {
      hosts += 1;
      const host = await addHost({ namespace, dir, number: hosts, options, closers });
      closers.push(() => host.engine.stop());
      return host;
    },
    async close() {
      const failures: unknown[] = [];
      // one that fails must not leave the others behind
      for (const close of closers.reverse()) await close().catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}

async function addNamespace(name: string, closers: (() => Promise<void>)[]): Promise<void> {
  await run("ip", ["netns", "add", name]);
  closers.push(async () => {
    await run("ip", ["netns", "delete", name], { okCodes: [0, 1] });
  });
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
}

interface NewHost {
  namespace: string;
  dir: string;
  number: number;
  options: HostOptions;
  closers: (() => Promise<void>)[];
}

async function addHost({ namespace, dir, number, options, closers }: NewHost): Promise<LabHost> {
  const own = `${namespace}h${number}`;
  const ip = `10.99.0.${10 + number}`;
  const port = `port${number}`;
  await addNamespace(own, closers);
  const pair = `link add ${port} type veth peer name eth0 netns ${own}`;
  await run("ip", ["-n", namespace, ...pair.split(" ")]);
  await run("ip", ["-n", namespace, "link", "set", port, "master", "lab0", "up"]);
  await run("ip", ["-n", own, "addr", "add", `${ip}/24`, "dev", "eth0"]);
  await run("ip", ["-n", own, "link", "set", "eth0", "up"]);
  await run("ip", ["-n", own, "route", "add", "default", "via", "10.99.0.1"]);
  const tls = await options.tls?.(ip);
  const start = () =>
    startEngine({
      namespace: own,
      dir: join(dir, `host${number}`),
      docker: options.docker ?? 20,
      ip,
      labels: options.labels ?? [],
      ...(tls === undefined ? {} : { tls }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
  const host: LabHost = {
    ip,
    namespace: own,
    engine: await start(),
    async restart() {
      host.engine = await start();
    },
    async cut() {
      await run("ip", ["-n", namespace, "link", "set", port, "down"]);
    },
    async join() {
      await run("ip", ["-n", namespace, "link", "set", port, "up"]);
    },
  };
  return host;
}

interface EngineStart {
  namespace: string;
  dir: string;
  docker: 20 | 26;
  ip: string;
  labels: readonly string[];
  tls?: LabTls;
  env?: Env;
}

/** Starts dockerd and waits until it answers on its socket. */
async function startEngine(start: EngineStart): Promise<LabEngine> {
  const { dir, namespace, docker, ip, tls } = start;
  await mkdir(dir, { recursive: true });
  const socket = join(dir, "docker.sock");
  const pidFile = join(dir, "dockerd.pid");
  const logPath = join(dir, "dockerd.log");
  await rm(pidFile, { force: true });
  const args = [
    `--data-root=${join(dir, "data")}`,
    `--exec-root=${join(dir, "exec")}`,
    `--pidfile=${pidFile}`,
    `--host=unix://${socket}`,
    ...start.labels.flatMap((label) => ["--label", label]),
    ...(await tlsArguments(dir, ip, tls)),
  ];
  const [file, words] = docker === 26 ? await fromTree(dir, args) : ["dockerd", args];
  const log = openSync(logPath, "a");
  const child = spawn("nsenter", [`--net=/run/netns/${namespace}`, file, ...words], {
    stdio: ["ignore", log, log],
    detached: true,
    env: { ...process.env, ...start.env },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  const address = `unix://${socket}`;
  const end = performance.now() + startMs;
  while (!(await answers(socket))) {
    if (isEnded || performance.now() > end) {
      throw new Error(`the engine did not start:\n${lastLines(readFileSync(logPath, "utf8"), 30)}`);
    }
    await delay(100);
  }
  const pid = Number(readFileSync(pidFile, "utf8"));
  return {
    address,
    ip,
    pid,
    logPath,
    async stop(signal = "SIGTERM") {
      if (isEnded) return;
      kill(pid, signal);
      const timer = setTimeout(() => kill(pid, "SIGKILL"), 60_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself meanwhile
  }
}

async function answers(socket: string): Promise<boolean> {
  const asked = await run("curl", ["-s", "-m", "5", "--unix-socket", socket, "http://docker/_ping"], {
    okCodes: [0, 7, 28, 52, 56],
  });
  return asked.stdout === "OK";
}

async function tlsArguments(dir: string, ip: string, tls: LabTls | undefined): Promise<string[]> {
  if (tls === undefined) return [];
  for (const [name, text] of Object.entries(tls)) {
    await writeFile(join(dir, `${name}.pem`), String(text), { mode: 0o600 });
  }
  const pem = (name: string) => join(dir, `${name}.pem`);
  const files = ["--tlscacert", pem("ca"), "--tlscert", pem("cert"), "--tlskey", pem("key")];
  return ["--host", `tcp://${ip}:2376`, "--tlsverify", ...files];
}

/** Docker 26 out of the tree of Debian trixie: the tree as root, with this host's cgroups, devices and lab folder in it. */
async function fromTree(dir: string, args: readonly string[]): Promise<[string, string[]]> {
  const tree = join(process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine", "trixie-docker");
  const script = `set -e
root=$1; dir=$2; shift 2
mount --make-rprivate /; mount --bind "$root" "$root"; cd "$root"
mount --rbind /proc "$root/proc"; mount --rbind /sys "$root/sys"; mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"; mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root$dir"; mount --bind "$dir" "$root$dir"
exec chroot . dockerd "$@"`;
  return ["unshare", ["--mount", "sh", "-c", script, "sh", tree, dir, ...args]];
}

/** What containers left mounted keeps the folder from being removed. */
async function unmountBelow(dir: string): Promise<void> {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const points = mounts
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.sort((a, b) => b.length - a.length)) {
    await run("umount", ["--lazy", point], { okCodes: [0, 1, 32] });
  }
}
