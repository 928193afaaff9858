import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { StoreCertificates } from "./store-certificates.ts";

/** A store's server of its own: fresh data, a port of 127.0.0.1 that is its alone. */
export interface RunningStore {
  /** "127.0.0.1:port" */
  readonly endpoint: string;
  readonly child: ChildProcess;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Ends it and starts it again on the same port and data. */
  restart(): Promise<void>;
}

interface Plan {
  file: string;
  args(port: number, dir: string, morePorts: readonly number[]): Promise<readonly string[]>;
  isReady(port: number): Promise<boolean>;
}

const startTries = 5;
const readyMs = 60_000;
const running = new Set<RunningStore>();

/** Ends what the tests of a file left running; for the top of a test file. */
export function stopStoresAfterwards(): void {
  afterAll(async () => {
    await Promise.all([...running].map((store) => store.stop()));
  });
}

/** Ports below those that the system gives to outgoing connections, so that none of these takes them meanwhile. */
export async function freePort(): Promise<number> {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "32768");
  const below = Math.min(Number(range.split(/\s/)[0]) || 32_768, 32_768);
  for (let tries = 0; tries < 200; tries += 1) {
    const port = 15_000 + Math.floor(Math.random() * (below - 15_000));
    if (await isFree(port)) return port;
  }
  throw new Error("no free port below the ephemeral range");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function start(plan: Plan): Promise<RunningStore> {
  let last: unknown;
  for (let tries = 0; tries < startTries; tries += 1) {
    const dir = await mkdtemp(join(tmpdir(), "store-"));
    const [port, ...more] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    try {
      const args = await plan.args(port, dir, more);
      let child = await launch(plan, port, args);
      const store: RunningStore = {
        endpoint: `127.0.0.1:${port}`,
        get child() {
          return child;
        },
        async stop() {
          running.delete(store);
          await end(child);
          await rm(dir, { recursive: true, force: true });
        },
        async restart() {
          await end(child);
          child = await launch(plan, port, args);
        },
      };
      running.add(store);
      return store;
    } catch (error) {
      last = error;
      await rm(dir, { recursive: true, force: true });
    }
  }
  throw last;
}

async function launch(plan: Plan, port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(plan.file, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (part: Buffer) => {
    output = (output + part.toString()).slice(-2_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const limit = performance.now() + readyMs;
  for (;;) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${plan.file} ended before it answered:\n${output}`);
    }
    if (await plan.isReady(port).catch(() => false)) return child;
    if (performance.now() > limit) {
      await end(child);
      throw new Error(`${plan.file} did not answer within ${readyMs / 1000} s:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGCONT");
  child.kill("SIGKILL");
  await ended;
}

/** etcd with the v2 and the v3 API. */
export function startEtcd(tls?: StoreCertificates): Promise<RunningStore> {
  const scheme = tls === undefined ? "http" : "https";
  return start({
    file: "etcd",
    args: async (port, dir, [peerPort]) => [
      "--data-dir",
      dir,
      "--enable-v2",
      "--logger=zap",
      "--log-outputs=stderr",
      "--log-level=error",
      "--listen-client-urls",
      `${scheme}://127.0.0.1:${port}`,
      "--advertise-client-urls",
      `${scheme}://127.0.0.1:${port}`,
      "--listen-peer-urls",
      `http://127.0.0.1:${peerPort}`,
      "--initial-advertise-peer-urls",
      `http://127.0.0.1:${peerPort}`,
      "--initial-cluster",
      `default=http://127.0.0.1:${peerPort}`,
      ...(tls === undefined
        ? []
        : [
            "--client-cert-auth",
            "--trusted-ca-file",
            tls.ca,
            "--cert-file",
            tls.cert,
            "--key-file",
            tls.key,
          ]),
    ],
    async isReady(port) {
      if (tls !== undefined) return isHealthyOverTls(port, tls);
      const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
      return (await answer.text()).includes('"true"');
    },
  });
}

async function isHealthyOverTls(port: number, tls: StoreCertificates): Promise<boolean> {
  const { get } = await import("node:https");
  const [ca, cert, key] = await Promise.all([readFile(tls.ca), readFile(tls.cert), readFile(tls.key)]);
  return new Promise((resolve, reject) => {
    const request = get(
      { host: "127.0.0.1", port, path: "/health", ca, cert, key, timeout: 2_000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", reject);
  });
}

/** ZooKeeper of Debian, with ticks so short that sessions end within seconds. */
export function startZookeeper(): Promise<RunningStore> {
  return start({
    file: "java",
    async args(port, dir) {
      const config = join(dir, "zoo.cfg");
      await writeFile(
        config,
        `tickTime=500\ndataDir=${dir}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
      );
      await mkdir(join(dir, "data"));
      return [
        "-Xmx128m",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        "/usr/share/java/zookeeper.jar",
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        config,
      ];
    },
    isReady: (port) => answersSrvr(port),
  });
}

function answersSrvr(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("connect", () => socket.write("srvr"));
    socket.on("data", (part) => {
      text += part.toString();
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(text.includes("Zookeeper version")));
  });
}

/** A one-node consul in memory that allows sessions of a second. */
export function startConsul(program: string): Promise<RunningStore> {
  return start({
    file: program,
    args: async (port, dir, [serf, server]) => [
      "agent",
      "-server",
      "-bootstrap-expect=1",
      "-data-dir",
      join(dir, "data"),
      "-bind=127.0.0.1",
      "-client=127.0.0.1",
      "-node=store",
      "-log-level=err",
      `-http-port=${port}`,
      "-dns-port=-1",
      "-grpc-port=-1",
      `-serf-lan-port=${serf}`,
      "-serf-wan-port=-1",
      `-server-port=${server}`,
      "-hcl",
      'session_ttl_min="1s"',
      "-hcl",
      "performance { raft_multiplier = 1 }",
    ],
    async isReady(port) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/session/create`, {
        method: "PUT",
        body: JSON.stringify({ TTL: "10s" }),
        signal: AbortSignal.timeout(2_000),
      });
      return answer.status === 200;
    },
  });
}
