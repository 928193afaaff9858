import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { findConsul } from "../support/find-consul.ts";
import { startConsul, startEtcd, startZookeeper, stopStoresAfterwards } from "../support/stores.ts";
import { startTokenService } from "../support/token-service.ts";

const program = fileURLToPath(new URL("../support/leader-process.ts", import.meta.url));
const consul = await findConsul();
stopStoresAfterwards();

/** Deadline of everything that must come; a slow machine needs some. */
const patienceMs = 60_000;

interface Manager {
  readonly name: string;
  readonly child: ChildProcess;
  /** Monotonic times at which it acted as primary, µs. */
  readonly acts: number[];
  readonly lines: string[];
}

const managers = new Set<Manager>();

function startManager(url: string, name: string, ttlMs: number): Manager {
  const child = spawn(process.execPath, ["--import", "tsx", program, url, name, String(ttlMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const manager: Manager = { name, child, acts: [], lines: [] };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const time = /^act (\d+)$/.exec(line)?.[1];
    if (time === undefined) manager.lines.push(line);
    else manager.acts.push(Number(time));
  });
  managers.add(manager);
  return manager;
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const limit = performance.now() + patienceMs;
  while (!isTrue()) {
    if (performance.now() > limit) {
      const seen = [...managers].map(({ name, acts, lines }) => ({
        name,
        acts: acts.length,
        lines: lines.slice(-5),
      }));
      throw new Error(`${what}: not within ${patienceMs} ms; ${JSON.stringify(seen)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

afterEach(async () => {
  for (const { child } of managers) {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
  }
  managers.clear();
});

afterAll(() => managers.clear());

let tokenService: ReturnType<typeof startTokenService> | undefined;
afterAll(async () => (await tokenService)?.stop());

const stores = [
  {
    scheme: "token+http",
    start: () => (tokenService ??= startTokenService()),
    ttlMs: 8_000,
    isThere: true,
  },
  { scheme: "etcd", start: () => startEtcd(), ttlMs: 8_000, isThere: true },
  { scheme: "etcd3", start: () => startEtcd(), ttlMs: 8_000, isThere: true },
  { scheme: "zk", start: () => startZookeeper(), ttlMs: 8_000, isThere: true },
  { scheme: "consul", start: () => startConsul(consul ?? ""), ttlMs: 12_000, isThere: consul !== undefined },
];

describe.each(stores)("primary and replica on $scheme", ({ scheme, start, ttlMs, isThere }) => {
  let started: Promise<{ readonly endpoint: string }> | undefined;
  const store = () => (started ??= start());

  async function pair(cluster: string) {
    const url = `${scheme}://${(await store()).endpoint}/${cluster}`;
    const a = startManager(url, "10.0.0.1:3376", ttlMs);
    await until("the first is primary", () => a.acts.length > 0);
    const b = startManager(url, "10.0.0.2:3376", ttlMs);
    await until("the second knows the first", () => b.lines.includes(`New leader elected: ${a.name}`));
    expect(b.acts).toEqual([]);
    return { a, b };
  }

  it.skipIf(!isThere)("a killed primary is followed after its TTL", async () => {
    const { a, b } = await pair("killed");
    a.child.kill("SIGKILL");
    const killed = Number(process.hrtime.bigint() / 1_000n);
    await until("the second is primary", () => b.acts.length > 0);
    expect(b.acts[0]).toBeGreaterThan(a.acts.at(-1) ?? 0);
    // twice the TTL and some for a machine that is busy; without a TTL it would be never
    expect((b.acts[0] ?? 0) - killed).toBeLessThan((ttlMs * 2 + 20_000) * 1_000);
    await until("it says so", () => b.lines.includes(`New leader elected: ${b.name}`));
  });

  it.skipIf(!isThere)("a primary that was stopped past its TTL does not act when it wakes", async () => {
    const { a, b } = await pair("stopped");
    a.child.kill("SIGSTOP");
    await until("the second is primary", () => b.acts.length > 0);
    const taken = b.acts[0] ?? 0;
    a.child.kill("SIGCONT");
    await until(
      "the first knows that it lost",
      () => a.lines.filter((line) => line === "Leader Election: Cluster leadership lost").length >= 2,
    );
    await until("the first knows the second", () => a.lines.includes(`New leader elected: ${b.name}`));
    expect(a.acts.filter((time) => time >= taken)).toEqual([]);
  });

  it.skipIf(!isThere)("a primary that is told to stop is followed at once", async () => {
    const { a, b } = await pair("resigned");
    a.child.kill("SIGTERM");
    await until("the first ended", () => a.child.exitCode !== null);
    expect(a.child.exitCode).toBe(0);
    await until("the second is primary", () => b.acts.length > 0);
    expect(b.acts[0]).toBeGreaterThan(a.acts.at(-1) ?? 0);
    const resigned = Number(a.lines.find((line) => line.startsWith("resigned"))?.split(" ")[1]);
    expect((b.acts[0] ?? 0) - resigned).toBeLessThan(ttlMs * 900); // it did not wait for the TTL
  });
});
