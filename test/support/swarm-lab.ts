import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type CertificatePair, generateCa, generateLeaf } from "../../src/certs/generate.ts";
import type { RunResult } from "../../src/kit/process.ts";
import { type Lab, type LabHost, openLab } from "../lab/engines.ts";
import { projectRoot } from "./program.ts";

/** Real engines of a lab, certificates for all, and managers that are started from the built program. */
export interface SwarmLab {
  readonly lab: Lab;
  readonly hosts: readonly LabHost[];
  readonly ca: CertificatePair;
  /** Directory with ca.pem, cert.pem and key.pem of a client, for DOCKER_CERT_PATH. */
  readonly certDir: string;
  startManager(port: number, more?: readonly string[], discovery?: string): Promise<LabManager>;
  close(): Promise<void>;
}

export interface LabManager {
  /** "10.99.0.1:3376" */
  readonly addr: string;
  readonly child: ChildProcess;
  output(): string;
  /** Runs a docker CLI against it. */
  docker(args: readonly string[], options?: DockerOptions): Promise<RunResult>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface DockerOptions {
  /** Path of the CLI; default "docker". */
  cli?: string;
  env?: Record<string, string>;
  input?: string;
  okCodes?: readonly number[];
  timeoutMs?: number;
}

const managerIp = "10.99.0.1";

/** The CLIs that are here, the engine package's own first. */
export function dockerClis(): string[] {
  return ["/usr/bin/docker", "/usr/local/bin/docker"].filter((path) => existsSync(path));
}

/** Starts one engine for each of `dockers`. Needs root, dockerd, the trixie tree for 26, and the built program. */
export async function openSwarmLab(dockers: readonly (20 | 26)[]): Promise<SwarmLab> {
  const lab = await openLab();
  const closers: (() => Promise<void>)[] = [];
  const now = Date.now();
  const ca = await generateCa("swarm-lab", now);
  const issue = (names: string[], use: "client" | "server" | "serverAndClient") =>
    generateLeaf(ca, { organization: "swarm-lab.leaf", nowMs: now, use, sans: names });
  const hosts: LabHost[] = [];
  for (const [at, docker] of dockers.entries()) {
    hosts.push(
      await lab.host({
        docker,
        labels: [`storage=${at % 2 === 0 ? "ssd" : "disk"}`],
        tls: async (ip) => ({ ca: ca.cert, ...(await issue([ip, "127.0.0.1"], "server")) }),
      }),
    );
  }
  const certDir = join(lab.dir, "client");
  await mkdir(certDir);
  const client = await issue([], "client");
  const own = await issue([managerIp, "127.0.0.1"], "serverAndClient");
  const files = { "ca.pem": ca.cert, "cert.pem": client.cert, "key.pem": client.key };
  for (const [name, text] of Object.entries({
    ...files,
    "manager.pem": own.cert,
    "manager-key.pem": own.key,
  }))
    await writeFile(join(certDir, name), text, { mode: 0o600 });
  const entries = hosts.map(({ ip }) => `${ip}:2376`).join(",");

  return {
    lab,
    hosts,
    ca,
    certDir,
    async startManager(port, more = [], discovery = `nodes://${entries}`) {
      const pem = (name: string) => join(certDir, name);
      const addr = `${managerIp}:${port}`;
      const tls = ["--tlsverify", "--tlscacert", pem("ca.pem"), "--tlscert", pem("manager.pem")];
      const words = ["manage", ...tls, "--tlskey", pem("manager-key.pem"), "-H", `tcp://${addr}`];
      const timing = ["--engine-refresh-min-interval=3s", "--engine-refresh-max-interval=5s"];
      const program = join(projectRoot, "bin", "swarm.js");
      const child = lab.spawn(process.execPath, [
        program,
        ...words,
        ...timing,
        "--engine-failure-retry=2",
        ...more,
        discovery,
      ]);
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (chunk) => {
          output = `${output}${String(chunk)}`.slice(-100_000);
        });
      const manager: LabManager = {
        addr,
        child,
        output: () => output,
        docker: (args, options = {}) =>
          lab.run(options.cli ?? "docker", args, {
            env: {
              ...process.env,
              DOCKER_HOST: `tcp://${addr}`,
              DOCKER_TLS_VERIFY: "1",
              DOCKER_CERT_PATH: certDir,
              DOCKER_CONFIG: join(lab.dir, "config"),
              ...options.env,
            },
            timeoutMs: options.timeoutMs ?? 60_000,
            ...(options.input === undefined ? {} : { input: options.input }),
            ...(options.okCodes === undefined ? {} : { okCodes: options.okCodes }),
          }),
        async stop(signal = "SIGTERM") {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const ended = once(child, "exit");
          child.kill(signal);
          await ended;
        },
      };
      closers.push(() => manager.stop("SIGKILL"));
      return manager;
    },
    async close() {
      for (const close of closers.reverse()) await close();
      await lab.close();
    },
  };
}

/** A tar of a root file system with Debian's static busybox, for `docker import`. */
export async function busyboxTar(lab: Lab): Promise<string> {
  const root = join(lab.dir, "busybox");
  await mkdir(join(root, "bin"), { recursive: true });
  await copyFile("/bin/busybox", join(root, "bin", "busybox"));
  for (const name of [
    "sh",
    "sleep",
    "echo",
    "cat",
    "hostname",
    "ps",
    "touch",
    "ls",
    "true",
    "head",
    "yes",
    "tty",
  ])
    await symlink("busybox", join(root, "bin", name));
  const tar = join(lab.dir, "busybox.tar");
  await lab.run("tar", ["-C", root, "-cf", tar, "."]);
  return tar;
}

/** Asks again and again until the answer is one; the last failure is told at the end. */
export async function eventually<T>(
  what: string,
  askOnce: () => Promise<T | undefined>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const answer = await askOnce();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`, { cause: failure });
    await delay(200);
  }
}

/** Waits until a manager's info shows so many Healthy nodes. */
export async function untilHealthy(manager: LabManager, count: number): Promise<string> {
  let last = "";
  try {
    return await eventually(`${count} nodes are Healthy`, async () => {
      const { stdout, stderr } = await manager.docker(["info"], { okCodes: [0, 1] });
      last = stdout + stderr;
      return stdout.split("Status: Healthy").length - 1 === count ? stdout : undefined;
    });
  } catch (error) {
    throw new Error(`not ${count} nodes became Healthy:\n${last}\n${manager.output()}`, { cause: error });
  }
}
