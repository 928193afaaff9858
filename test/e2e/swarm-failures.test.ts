import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  busyboxTar,
  eventually,
  type LabManager,
  openSwarmLab,
  type SwarmLab,
  untilHealthy,
} from "../support/swarm-lab.ts";

let lab: SwarmLab;
let store: ChildProcess;
const discovery = "etcd://10.99.0.1:2379/failures";
const replication = (port: number) => [
  "--replication",
  "--replication-ttl=6s",
  `--advertise=10.99.0.1:${port}`,
  "--heartbeat=2s",
];

async function startStore(): Promise<void> {
  const url = "http://10.99.0.1:2379";
  store = lab.lab.spawn("etcd", [
    ...["--data-dir", join(lab.lab.dir, "etcd"), "--enable-v2", "--listen-client-urls", url],
    ...["--advertise-client-urls", url, "--listen-peer-urls", "http://127.0.0.1:2380"],
  ]);
  store.stdout?.resume();
  store.stderr?.resume();
  await eventually("etcd answers", async () => {
    const { stdout } = await lab.lab.run("curl", ["-s", "-m", "5", `${url}/health`], {
      okCodes: [0, 7, 28, 52, 56],
    });
    return stdout.includes("true") ? true : undefined;
  });
}

async function stopStore(): Promise<void> {
  const ended = once(store, "exit");
  store.kill("SIGKILL");
  await ended;
}

/** Lets the engines register as agents do: the store keeps them. */
async function register(): Promise<void> {
  for (const { ip } of lab.hosts) {
    const key = `http://10.99.0.1:2379/v2/keys/failures/docker/swarm/nodes/${ip}:2376`;
    await lab.lab.run("curl", ["-s", "-f", "-X", "PUT", key, "-d", `value=${ip}:2376`]);
  }
}

async function role(manager: LabManager): Promise<string> {
  const { stdout } = await manager.docker(["info"], { okCodes: [0, 1] });
  return /Role: (\w+)/.exec(stdout)?.[1] ?? "";
}

async function names(manager: LabManager): Promise<string[]> {
  const { stdout } = await manager.docker(["ps", "-a", "--format", "{{.Names}}|{{.Status}}"]);
  return stdout.trim().split("\n").filter(Boolean);
}

let first: LabManager;
let second: LabManager;

beforeAll(async () => {
  lab = await openSwarmLab([20, 20, 26]);
  await startStore();
  await register();
  first = await lab.startManager(3376, replication(3376), discovery);
  await eventually("the first is primary", async () =>
    (await role(first)) === "primary" ? true : undefined,
  );
  second = await lab.startManager(3377, replication(3377), discovery);
  await untilHealthy(first, 3);
  await untilHealthy(second, 3);
  await first.docker(["import", await busyboxTar(lab.lab), "busybox:latest"]);
}, 300_000);
afterAll(async () => {
  store?.kill("SIGKILL");
  await lab?.close();
}, 120_000);

test("a node that is cut off is shown so and comes back with what it had", async () => {
  const [host] = lab.hosts;
  await first.docker([
    "run",
    "-d",
    "--name",
    "stays",
    "-e",
    "constraint:storage==ssd",
    "busybox",
    "sleep",
    "9999",
  ]);
  const { stdout } = await first.docker(["inspect", "-f", "{{.Node.Addr}}", "stays"]);
  const cut = lab.hosts.find(({ ip }) => stdout.startsWith(`${ip}:`)) ?? host;
  await cut?.cut();
  await eventually("its container is Host Down", async () =>
    (await names(first)).some((line) => /\/stays\|Host Down/.test(line)) ? true : undefined,
  );
  await untilHealthy(first, 2);
  await cut?.join();
  await untilHealthy(first, 3);
  await eventually("its container is up", async () =>
    (await names(first)).some((line) => /\/stays\|Up/.test(line)) ? true : undefined,
  );
}, 180_000);

test("an engine that restarts is followed", async () => {
  const [host] = lab.hosts;
  await host?.engine.stop();
  await untilHealthy(first, 2);
  await host?.restart();
  await untilHealthy(first, 3);
}, 180_000);

test("the store may go and come back", async () => {
  await stopStore();
  await eventually("containers are still listed", async () =>
    (await names(first)).length > 0 ? true : undefined,
  );
  await startStore();
  await eventually("one is primary again", async () =>
    [await role(first), await role(second)].includes("primary") ? true : undefined,
  );
  await first.docker(["run", "-d", "--name", "after-store", "busybox", "sleep", "9999"]);
}, 180_000);

test("a primary that is killed during creates loses none and doubles none", async () => {
  const isFirst = (await role(first)) === "primary";
  const [primary, survivor] = isFirst ? [first, second] : [second, first];
  const wanted = Array.from({ length: 12 }, (_, at) => `kill-${at}`);
  const done = new Set<string>();
  let settled = 0;
  const creates = wanted.map(async (name, at) => {
    // spread over the moment of the kill; through the survivor, which passes them on
    await eventually("its turn", async () => (at < 4 || settled >= at - 4 ? true : undefined));
    const { exitCode } = await survivor.docker(["create", "--name", name, "busybox", "true"], {
      okCodes: [0, 1],
      timeoutMs: 90_000,
    });
    settled++;
    if (exitCode === 0) done.add(name);
    return { name, isDone: exitCode === 0 };
  });
  await eventually("some are made", async () => (done.size >= 3 ? true : undefined));
  await primary.stop("SIGKILL");
  const outcomes = await Promise.all(creates);
  await eventually("the other one is primary", async () =>
    (await role(survivor)) === "primary" ? true : undefined,
  );
  await untilHealthy(survivor, 3);
  const listed = (await names(survivor)).map((line) => line.split("|")[0]?.split("/").at(-1));
  for (const { name, isDone } of outcomes) {
    const copies = listed.filter((one) => one === name).length;
    if (isDone) expect([name, copies]).toEqual([name, 1]);
    else expect(copies).toBeLessThanOrEqual(1);
  }
  // at most five were under way when it was killed
  expect(done.size).toBeGreaterThanOrEqual(6);
}, 300_000);
