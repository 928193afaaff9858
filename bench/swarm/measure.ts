import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadResult } from "./load.ts";
import { digest } from "./objects.ts";
import { cpuSeconds, load, memoryMiB, startHelper, startManager, stopProcess } from "./processes.ts";

/** What one run gives; times in ms where the name does not say otherwise, rates per second. */
export interface Figures {
  readonly engines: number;
  readonly containersEach: number;
  readonly healthySeconds: number;
  readonly healthyCpuSeconds: number;
  readonly restCpuPercent: number;
  readonly infoP50: number;
  readonly infoP99: number;
  readonly infoBytes: number;
  readonly listP50: number;
  readonly listP99: number;
  readonly listBytes: number;
  readonly listFilteredP50: number;
  readonly listFilteredP99: number;
  readonly inspect1: number;
  readonly inspect10: number;
  readonly inspect10P99: number;
  readonly inspect50: number;
  readonly proxied1: number;
  readonly proxied10: number;
  readonly proxied10P99: number;
  readonly proxied50: number;
  readonly pairs1: number;
  readonly pairs1P50: number;
  readonly pairs10: number;
  readonly pairs10P99: number;
  readonly pairs50: number;
  readonly pairs50P99: number;
  readonly pairErrors: number;
  readonly rssMiB: number;
  readonly peakRssMiB: number;
  /** CPU time that the manager spends on one request, ms; says something on a busy machine too. */
  readonly infoCpuMs: number;
  readonly listCpuMs: number;
  readonly inspectCpuMs: number;
  readonly proxiedCpuMs: number;
  readonly pairCpuMs: number;
  /** The same requests to one engine without anything between, and through a bare TCP proxy. */
  readonly directInspect10: number;
  readonly directTop10: number;
  readonly tcpProxyTop10: number;
}

export interface Plan {
  readonly engines: number;
  readonly containersEach: number;
  /** Length of each load. */
  readonly seconds: number;
}

/** Starts engines and a manager, measures everything, ends them. */
export async function measure({ engines, containersEach, seconds }: Plan): Promise<Figures> {
  const dir = await mkdtemp(join(tmpdir(), "swarm-bench-"));
  const helper = await startHelper("engines.ts", [String(engines), String(containersEach)]);
  const addrs = addrsOf(helper.first);
  const file = join(dir, "engines");
  await writeFile(file, addrs.join("\n"));
  const port = await freePort();
  const started = performance.now();
  const manager = startManager(port, file);
  try {
    const pid = manager.pid ?? 0;
    await untilHealthy(manager, port, engines);
    const healthySeconds = (performance.now() - started) / 1000;
    const healthyCpuSeconds = cpuSeconds(pid);
    await delay(15_000);
    const before = cpuSeconds(pid);
    await delay(5_000);
    const restCpuPercent = ((cpuSeconds(pid) - before) / 5) * 100;
    await untilAtRest(pid);
    const ids = Array.from({ length: 500 }, (_, at) =>
      digest("container", (at * 7) % engines, at % containersEach),
    );
    const paths = (action: string) => ids.map((id) => `/v1.41/containers/${id}/${action}`);
    const cpuMs = async (run: () => Promise<LoadResult>): Promise<[LoadResult, number]> => {
      const since = cpuSeconds(pid);
      const result = await run();
      return [result, round(((cpuSeconds(pid) - since) * 1000) / Math.max(1, result.count))];
    };
    const many = (clients: number, action: string) =>
      load({ port, clients, seconds, paths: paths(action), warmUp: 50 });
    const [info, infoCpuMs] = await cpuMs(() => load({ port, paths: ["/v1.41/info"], seconds, warmUp: 10 }));
    const [list, listCpuMs] = await cpuMs(() =>
      load({ port, paths: ["/v1.41/containers/json?all=1"], seconds: seconds * 3 }),
    );
    const filters = encodeURIComponent(JSON.stringify({ name: [`service-${engines - 1}-1`] }));
    const filtered = await load({
      port,
      paths: [`/v1.41/containers/json?all=1&filters=${filters}`],
      seconds,
    });
    const inspect1 = await many(1, "json");
    const [inspect10, inspectCpuMs] = await cpuMs(() => many(10, "json"));
    const inspect50 = await many(50, "json");
    const proxied1 = await many(1, "top");
    const [proxied10, proxiedCpuMs] = await cpuMs(() => many(10, "top"));
    const proxied50 = await many(50, "top");
    const pairs = (clients: number) =>
      load({
        port,
        kind: "pairs",
        clients,
        seconds,
        name: `bench${clients}`,
        warmUp: 10,
        requests: engines * 10,
      });
    const pairs1 = await pairs(1);
    const [pairs10, pairCpuMs] = await cpuMs(() => pairs(10));
    const pairs50 = await pairs(50);
    for (const { errors, firstError } of [pairs1, pairs10, pairs50])
      if (errors > 0) process.stderr.write(`create and start: ${errors} errors, the first: ${firstError}\n`);
    const memory = memoryMiB(pid);
    const baselines = await baselinesOf(Number(addrs[0]?.split(":")[1]), containersEach, seconds);
    return {
      engines,
      containersEach,
      healthySeconds: round(healthySeconds),
      healthyCpuSeconds: round(healthyCpuSeconds),
      restCpuPercent: round(restCpuPercent),
      infoP50: info.p50,
      infoP99: info.p99,
      infoBytes: info.bytes,
      listP50: list.p50,
      listP99: list.p99,
      listBytes: list.bytes,
      listFilteredP50: filtered.p50,
      listFilteredP99: filtered.p99,
      inspect1: inspect1.perSecond,
      inspect10: inspect10.perSecond,
      inspect10P99: inspect10.p99,
      inspect50: inspect50.perSecond,
      proxied1: proxied1.perSecond,
      proxied10: proxied10.perSecond,
      proxied10P99: proxied10.p99,
      proxied50: proxied50.perSecond,
      pairs1: pairs1.perSecond,
      pairs1P50: pairs1.p50,
      pairs10: pairs10.perSecond,
      pairs10P99: pairs10.p99,
      pairs50: pairs50.perSecond,
      pairs50P99: pairs50.p99,
      pairErrors: pairs1.errors + pairs10.errors + pairs50.errors,
      rssMiB: memory.now,
      peakRssMiB: memory.peak,
      infoCpuMs,
      listCpuMs,
      inspectCpuMs,
      proxiedCpuMs,
      pairCpuMs,
      ...baselines,
    };
  } finally {
    await stopProcess(manager);
    await helper.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function baselinesOf(
  enginePort: number,
  containersEach: number,
  seconds: number,
): Promise<Pick<Figures, "directInspect10" | "directTop10" | "tcpProxyTop10">> {
  const ids = Array.from({ length: containersEach }, (_, at) => digest("container", 0, at));
  const paths = (action: string) => ids.map((id) => `/v1.41/containers/${id}/${action}`);
  const clients = 10;
  const directInspect = await load({ port: enginePort, clients, seconds, paths: paths("json"), warmUp: 50 });
  const directTop = await load({ port: enginePort, clients, seconds, paths: paths("top"), warmUp: 50 });
  const proxy = await startHelper("tcp-proxy.ts", [String(enginePort)]);
  const port = Number(JSON.parse(JSON.stringify(proxy.first)).port);
  const proxied = await load({ port, clients, seconds, paths: paths("top"), warmUp: 50 });
  await proxy.stop();
  return {
    directInspect10: directInspect.perSecond,
    directTop10: directTop.perSecond,
    tcpProxyTop10: proxied.perSecond,
  };
}

function addrsOf(first: unknown): string[] {
  if (typeof first !== "object" || first === null || !("addrs" in first) || !Array.isArray(first.addrs))
    throw new Error("the engines did not say where they are");
  return first.addrs.map(String);
}

async function untilHealthy(manager: ChildProcess, port: number, engines: number): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined); // not listening yet
    const body: unknown = await health?.json().catch(() => undefined);
    if (JSON.stringify(body)?.includes(`"healthy":${engines}}`)) return;
    if (manager.exitCode !== null) throw new Error(`the manager ended with ${manager.exitCode}`);
    if (performance.now() > end) throw new Error(`not all engines became Healthy: ${JSON.stringify(body)}`);
    await delay(20);
  }
}

/** What follows is to be measured apart from the start, also where that takes longer than it should. */
async function untilAtRest(pid: number): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    const before = cpuSeconds(pid);
    await delay(2_000);
    if (cpuSeconds(pid) - before < 0.2) return;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
