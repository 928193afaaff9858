import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateCa, generateLeaf } from "../../src/certs/generate.ts";
import type { DriverModule } from "../../src/driver/driver.ts";
import type { FlagValues } from "../../src/driver/flags.ts";
import { driverRegistry } from "../../src/driver/registry.ts";
import type { Clock } from "../../src/kit/clock.ts";
import { ensureDirectory, writeFileAtomic } from "../../src/kit/fs.ts";
import { silentLog } from "../../src/kit/log.ts";
import { defaultDeadlines, type MachineContext } from "../../src/machine/context.ts";
import type { ProgressEvent } from "../../src/machine/events.ts";
import type { ClusterView } from "../../src/machine/list.ts";
import type { ProvisionRequest } from "../../src/provision/request.ts";
import type { SshConnection } from "../../src/ssh/ssh.ts";
import { openStore } from "../../src/store/file-store.ts";
import { instantClock } from "./fake-clock.ts";
import { FakeProvider, fakeDriver } from "./fake-driver.ts";
import { scriptedRun } from "./scripted-run.ts";

/** A whole world for code under src/machine: a store in a temporary directory, a fake driver, engine and SSH. */
export interface MachineWorld extends AsyncDisposable {
  readonly ctx: MachineContext;
  readonly provider: FakeProvider;
  readonly driver: DriverModule;
  readonly events: ProgressEvent[];
  readonly provisioned: ProvisionRequest[];
  readonly connections: { opened: number; closed: number };
  /** URLs whose engines answer in a way of their own. */
  readonly engines: Map<string, () => Promise<{ version: string; apiVersion: string }>>;
  /** Every path below the store's root but locks' own directory, sorted. */
  inventory(): Promise<string[]>;
}

export interface WorldOptions {
  readonly clock?: Clock;
  readonly env?: Record<string, string>;
  readonly drivers?: (provider: FakeProvider) => readonly DriverModule[];
  readonly change?: (ctx: MachineContext) => MachineContext;
  readonly signal?: AbortSignal;
  /** The store has a CA and a client certificate from the start; making them takes a test's longest time. */
  readonly seeded?: boolean;
}

let seed: Promise<Map<string, string>> | undefined;

async function makeSeed(): Promise<Map<string, string>> {
  const nowMs = Date.now();
  const ca = await generateCa("alice", nowMs);
  const client = await generateLeaf(ca, {
    organization: "alice.<bootstrap>",
    nowMs,
    use: "client",
    sans: [],
  });
  return new Map([
    ["ca.pem", ca.cert],
    ["ca-key.pem", ca.key],
    ["cert.pem", client.cert],
    ["key.pem", client.key],
  ]);
}

async function plantSeed(directory: string): Promise<void> {
  seed ??= makeSeed();
  await ensureDirectory(directory);
  for (const [name, text] of await seed) await writeFileAtomic(join(directory, name), text);
}

/** Makes the world; dispose of it to remove its directory. */
export async function machineWorld(options: WorldOptions = {}): Promise<MachineWorld> {
  const base = await mkdtemp(join(tmpdir(), "machine-test-"));
  const root = join(base, "store");
  const provider = new FakeProvider();
  const drivers = options.drivers?.(provider) ?? [fakeDriver(provider)];
  const driver = drivers[0] ?? fakeDriver(provider);
  if (options.seeded === true) await plantSeed(join(root, "certs"));
  const clock = options.clock ?? instantClock(Date.now());
  const events: ProgressEvent[] = [];
  const provisioned: ProvisionRequest[] = [];
  const connections = { opened: 0, closed: 0 };
  const engines: MachineWorld["engines"] = new Map();
  const ctx: MachineContext = {
    run: scriptedRun([]),
    ssh: {
      async connect() {
        connections.opened += 1;
        return fakeConnection(connections);
      },
      shell: async () => 0,
    },
    sshTools: {
      waitForBanner: async () => undefined,
      async ensureKey(path) {
        await writeFileAtomic(path, "private key", 0o600);
        return "ssh-rsa AAAA";
      },
    },
    engine: {
      address: "unix:///nowhere",
      request: async () => ({ status: 200, body: undefined }),
      remember: async () => undefined,
      load: async () => undefined,
    },
    images: { find: async () => "image" },
    clock,
    log: silentLog,
    report: (event) => events.push(event),
    env: { USER: "alice", ...options.env },
    platform: "linux",
    arch: "x64",
    store: openStore(root, { clock, log: silentLog }),
    drivers: driverRegistry(
      Object.fromEntries(drivers.map((one) => [one.name, { summary: one.name, load: async () => one }])),
    ),
    provision: async (request) => {
      provisioned.push(request);
    },
    upgradeEngine: async () => undefined,
    probe: async ({ url }) => (await engines.get(url)?.()) ?? { version: "28.0.1", apiVersion: "1.48" },
    deadlines: defaultDeadlines,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return {
    ctx: options.change?.(ctx) ?? ctx,
    provider,
    driver,
    events,
    provisioned,
    connections,
    engines,
    inventory: () => inventory(root),
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

function fakeConnection(connections: { closed: number }): SshConnection {
  const close = async () => {
    connections.closed += 1;
  };
  return {
    run: async () => ({ stdout: "", stderr: "", exitCode: 0 }),
    upload: async () => undefined,
    download: async () => undefined,
    forward: () => Promise.reject(new Error("the fake connection forwards nothing")),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function inventory(root: string): Promise<string[]> {
  if ((await stat(root).catch(() => undefined)) === undefined) return [];
  const entries = await readdir(root, { recursive: true });
  return entries.filter((path) => path !== ".machine" && path !== join(".machine", "locks")).sort();
}

/** A view without clusters. */
export const noClusters: ClusterView = {
  swarmColumn: () => new Map(),
  swarmUrl: async () => undefined,
};

/** Flag values from a plain object; the specs' defaults stand for the rest. */
export function flagsOf(driver: DriverModule, given: Record<string, unknown> = {}): FlagValues {
  const value = (name: string): unknown => {
    const spec = driver.flags.find((flag) => flag.name === name);
    if (spec === undefined) throw new Error(`no flag ${name}`);
    if (name in given) return given[name];
    if (spec.type === "list") return [];
    return spec.type === "bool" ? false : spec.default;
  };
  return {
    string: (name) => String(value(name)),
    int: (name) => Number(value(name)),
    bool: (name) => value(name) === true,
    list: (name) => {
      const list = value(name);
      return Array.isArray(list) ? list.map(String) : [];
    },
    isSet: (name) => name in given,
  };
}
