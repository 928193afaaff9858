import type { DriverContext, DriverEngine } from "../../src/driver/driver.ts";
import { silentLog } from "../../src/kit/log.ts";
import { instantClock } from "./fake-clock.ts";
import { scriptedRun } from "./scripted-run.ts";

export type EngineAnswer = { status: number; body?: unknown };

export interface ScriptedEngine extends DriverEngine {
  /** "METHOD path" of every request so far. */
  readonly calls: readonly string[];
}

/** An engine that answers each request by a function; what it does not know is 404. */
export function scriptedEngine(
  answer: (call: string, body: unknown) => EngineAnswer | undefined,
  address = "unix:///var/run/docker.sock",
): ScriptedEngine {
  const calls: string[] = [];
  return {
    address,
    calls,
    remember: async () => undefined,
    load: async () => undefined,
    async request(method, path, body) {
      const call = `${method} ${path}`;
      calls.push(call);
      const { status, body: answered } = answer(call, body) ?? {
        status: 404,
        body: { message: `no such thing: ${path}` },
      };
      return { status, body: answered };
    },
  };
}

/** A driver's context that can do nothing but ask this engine. */
export function engineContext(engine: DriverEngine, platform: NodeJS.Platform = "linux"): DriverContext {
  return {
    run: scriptedRun([]),
    ssh: {
      run: () => Promise.reject(new Error("no SSH here")),
      waitForBanner: async () => undefined,
      ensureKey: async () => "ssh-rsa AAAA",
    },
    engine,
    images: { find: async () => "machine/boot2docker:1" },
    clock: instantClock(),
    log: silentLog,
    env: {},
    platform,
    arch: "x64",
    storeRoot: "/s",
    machineDir: (name) => `/s/machines/${name}`,
    withLock: (_name, task) => task(),
    progress: () => undefined,
  };
}
