import type { ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { generateCa, generateLeaf } from "../../src/certs/generate.ts";
import { type Lab, type LabHost, openLab } from "../lab/engines.ts";
import { importBusybox, told } from "./machine-lab.ts";

const swarmProgram = fileURLToPath(new URL("../../bin/swarm.js", import.meta.url));
const loadProgram = fileURLToPath(new URL("./create-load.ts", import.meta.url));
const bridge = "10.99.0.1";
const store = `etcd://${bridge}:2379/ha`;
const anyCode = Array.from({ length: 256 }, (_, code) => code);

/** Deadline of everything that must come; a busy machine needs some. */
const patienceMs = 120_000;

/** A program that the test ends and starts again. */
export interface Program {
  readonly child: ChildProcess;
  readonly lines: string[];
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface Container {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

/** Three engines, etcd, an agent for each engine, and managers that the test starts: a standalone swarm with TLS. */
export class HaWorld {
  readonly lab: Lab;
  readonly hosts: readonly LabHost[];
  readonly pki: string;
  readonly #programs = new Set<Program>();

  private constructor(lab: Lab, hosts: readonly LabHost[], pki: string) {
    this.lab = lab;
    this.hosts = hosts;
    this.pki = pki;
  }

  static async open(): Promise<HaWorld> {
    const lab = await openLab();
    try {
      const pki = join(lab.dir, "pki");
      const tls = await certificates(pki);
      const versions = [20, 26, 26] as const;
      const hosts = await Promise.all(versions.map((docker) => lab.host({ docker, tls: async () => tls })));
      for (const { engine } of hosts) {
        const made = await lab.run("bash", ["-c", importBusybox], {
          env: { DOCKER_HOST: engine.address },
          okCodes: anyCode,
        });
        if (made.exitCode !== 0) throw new Error(told("docker import", made));
      }
      return new HaWorld(lab, hosts, pki);
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** etcd on one address and one folder, so that it may come again. */
  async etcd(): Promise<Program> {
    const client = `http://${bridge}:2379`;
    const peer = `http://${bridge}:2380`;
    const program = this.#start("etcd", [
      ...["--data-dir", join(this.lab.dir, "etcd"), "--enable-v2", "--log-level=error"],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...[
        "--listen-peer-urls",
        peer,
        "--initial-advertise-peer-urls",
        peer,
        "--initial-cluster",
        `default=${peer}`,
      ],
    ]);
    await this.until("etcd answers", async () => {
      const { stdout } = await this.lab.run("curl", ["-s", "--noproxy", "*", "-m", "5", `${client}/health`], {
        okCodes: anyCode,
      });
      return stdout.includes('"true"');
    });
    return program;
  }

  agent(host: LabHost): Program {
    const flags = ["--advertise", `${host.ip}:2376`, "--heartbeat", "1s", "--ttl", "30s"];
    return this.#start(process.execPath, [swarmProgram, "join", ...flags, store]);
  }

  manager(port: number): Program {
    const addr = `${bridge}:${port}`;
    const pem = (name: string) => join(this.pki, `${name}.pem`);
    return this.#start(process.execPath, [
      ...[swarmProgram, "manage", "-H", `tcp://${addr}`, "--advertise", addr],
      ...["--replication", "--replication-ttl", "5s", "--heartbeat", "1s", "--engine-failure-retry", "2"],
      ...["--engine-refresh-min-interval", "1s", "--engine-refresh-max-interval", "2s"],
      ...["--tlsverify", "--tlscacert", pem("ca"), "--tlscert", pem("cert"), "--tlskey", pem("key"), store],
    ]);
  }

  load(ports: readonly number[], names: readonly string[], workers: number): Program {
    const managers = ports.map((port) => `${bridge}:${port}`);
    const load = { managers, names, workers, pki: this.pki, image: "busybox:latest", patienceMs };
    return this.#start(process.execPath, ["--import", "tsx", loadProgram, JSON.stringify(load)]);
  }

  /** Body of an answer of a manager; "" where there is none. */
  async ask(port: number, path: string, method = "GET"): Promise<string> {
    const pem = (name: string) => join(this.pki, `${name}.pem`);
    const tls = ["--cacert", pem("ca"), "--cert", pem("cert"), "--key", pem("key")];
    const url = `https://${bridge}:${port}${path}`;
    const answer = await this.lab.run(
      "curl",
      ["-s", "--noproxy", "*", "-m", "30", ...tls, "-X", method, url],
      {
        okCodes: anyCode,
      },
    );
    return answer.stdout;
  }

  /** "primary" or "replica"; "" while it does not answer. */
  async role(port: number): Promise<string> {
    return /\["Role","(\w+)"\]/.exec(await this.ask(port, "/v1.41/info"))?.[1] ?? "";
  }

  /** Status of the node at `host`, as `docker info` of the manager shows it. */
  async status(port: number, host: LabHost): Promise<string> {
    const info = await this.ask(port, "/v1.41/info");
    const own = info.slice(Math.max(0, info.indexOf(`"${host.ip}:2376"`)));
    return info.includes(`"${host.ip}:2376"`) ? (/Status","(\w+)"/.exec(own)?.[1] ?? "") : "";
  }

  async untilHealthy(port: number): Promise<void> {
    await this.until("all nodes are Healthy", async () => {
      const info = await this.ask(port, "/v1.41/info");
      return (info.match(/Status","Healthy"/g) ?? []).length === this.hosts.length;
    });
  }

  /** All containers that a manager knows. */
  async listed(port: number): Promise<Container[]> {
    const body = await this.ask(port, "/v1.41/containers/json?all=1");
    return body.startsWith("[") ? JSON.parse(body) : [];
  }

  /** Names of the containers that an engine itself has. */
  async onEngine(host: LabHost): Promise<string[]> {
    const { stdout } = await this.docker(host, "ps", "-a", "--format", "{{.Names}}");
    return stdout.split("\n").filter(Boolean);
  }

  docker(host: LabHost, ...args: string[]) {
    return this.lab.run("docker", args, { env: { DOCKER_HOST: host.engine.address } });
  }

  async until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!(await isTrue())) {
      if (performance.now() > end)
        throw new Error(`${what}: not within ${patienceMs / 1000} s\n${this.#told()}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.end("SIGKILL")));
    await this.lab.close();
  }

  #start(file: string, args: readonly string[]): Program {
    const child = this.lab.spawn(file, args);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => lines.push(line));
    }
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const program: Program = {
      child,
      lines,
      end: async (signal) => {
        child.kill(signal);
        await ended;
        this.#programs.delete(program);
      },
    };
    this.#programs.add(program);
    return program;
  }

  #told(): string {
    return [...this.#programs]
      .map(({ child, lines }) => [child.spawnargs.join(" "), ...lines.slice(-15)].join("\n"))
      .join("\n\n");
  }
}

/** One certificate for all: the addresses of the lab, for both sides. */
async function certificates(pki: string): Promise<{ ca: string; cert: string; key: string }> {
  const nowMs = Date.now();
  const ca = await generateCa("ha", nowMs);
  const sans = ["127.0.0.1", bridge, ...[11, 12, 13].map((last) => `10.99.0.${last}`)];
  const leaf = await generateLeaf(ca, { organization: "ha.lab", nowMs, use: "serverAndClient", sans });
  const texts = { ca: ca.cert, cert: leaf.cert, key: leaf.key };
  await mkdir(pki, { recursive: true });
  for (const [name, text] of Object.entries(texts))
    await writeFile(join(pki, `${name}.pem`), text, { mode: 0o600 });
  return texts;
}
