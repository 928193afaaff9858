import type { DriverEngine, DriverImages, DriverSsh } from "../driver/driver.ts";
import type { DriverRegistry } from "../driver/registry.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Env, Run } from "../kit/process.ts";
import type { Ssh } from "../ssh/ssh.ts";
import type { Store } from "../store/store.ts";
import type { ProbeEngine } from "./engine-probe.ts";
import type { Report } from "./events.ts";
import type { ProvisionMachine, UpgradeEngine } from "./provisioning.ts";

/** Limits of the waits, each in ms; the CLI reads them from MACHINE_TIMEOUT_… variables. */
export interface Deadlines {
  /** From power-on to sshd's banner. */
  readonly sshMs: number;
  /** From the engine's start to its answer over TLS. */
  readonly engineMs: number;
  /** A graceful stop before the power is cut. */
  readonly stopMs: number;
  /** One TLS check or version query. */
  readonly tlsMs: number;
  /** One question to the user's own engine; calls that change something may take longer. */
  readonly apiMs: number;
  /** From a node's swarm containers to a manager's report of it; undefined: 120 s, or engineMs where that is longer. */
  readonly healthyMs?: number;
}

export const defaultDeadlines: Deadlines = {
  sshMs: 180_000,
  engineMs: 120_000,
  stopMs: 60_000,
  tlsMs: 20_000,
  apiMs: 30_000,
};

/** What everything under src/machine works with; made once, in src/cli/main.ts. */
export interface MachineContext {
  readonly run: Run;
  readonly ssh: Ssh;
  /** Parts of the SSH seam that need no login. */
  readonly sshTools: Pick<DriverSsh, "waitForBanner" | "ensureKey">;
  readonly engine: DriverEngine;
  readonly images: DriverImages;
  readonly clock: Clock;
  readonly log: Log;
  readonly report: Report;
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly store: Store;
  readonly drivers: DriverRegistry;
  readonly provision: ProvisionMachine;
  readonly upgradeEngine: UpgradeEngine;
  /** `probeEngine`; tests swap it. */
  readonly probe: ProbeEngine;
  readonly deadlines: Deadlines;
  readonly signal?: AbortSignal;
}
