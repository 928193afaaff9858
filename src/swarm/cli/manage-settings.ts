import { parseDuration } from "../duration.ts";
import { type FilterName, isFilterName } from "../scheduler/filters.ts";
import type { StrategyName } from "../scheduler/strategies.ts";
import { checkAdvertise, durationFlag, heartbeatFlag } from "./checks.ts";
import type { SwarmContext } from "./context.ts";
import { discoverySettings, discoveryUrl, parseKeyValues } from "./discovery-settings.ts";
import { fatal } from "./fatal.ts";
import type { Flags } from "./flags.ts";
import { type TlsSettings, tlsSettings } from "./tls-settings.ts";

/** What the flags of `manage` say of engines and discovery, checked. */
export interface ConnectionSettings {
  readonly tls: TlsSettings | undefined;
  readonly refreshMinIntervalMs: number;
  readonly refreshMaxIntervalMs: number;
  readonly failureRetry: number;
  readonly discoveryUrl: string;
  readonly heartbeatMs: number;
  readonly discovery: Awaited<ReturnType<typeof discoverySettings>>;
}

/** What they say of placing containers. */
export interface SchedulingSettings {
  readonly strategy: StrategyName;
  readonly filters: readonly FilterName[];
  readonly overcommit: number;
  readonly createRetry: number;
}

/** What `--replication` asks for. */
export interface ReplicationSettings {
  readonly advertise: string;
  readonly ttlMs: number;
}

/** The first checks of 1.2.9; then comes the discovery backend, then `schedulingSettings` and `replicationSettings`. */
export async function connectionSettings(
  context: SwarmContext,
  flags: Flags,
  positionals: readonly string[],
): Promise<ConnectionSettings> {
  const tls = await tlsSettings(flags);
  const refreshMinIntervalMs = parseDuration(flags.text("engine-refresh-min-interval")) ?? 0;
  const refreshMaxIntervalMs = parseDuration(flags.text("engine-refresh-max-interval")) ?? 0;
  if (refreshMinIntervalMs <= 0) throw fatal("min refresh interval should be a positive number");
  if (refreshMaxIntervalMs < refreshMinIntervalMs) {
    throw fatal("max refresh interval cannot be less than min refresh interval");
  }
  if (flags.text("engine-refresh-retry") !== "3") {
    throw fatal("--engine-refresh-retry is deprecated. Use --engine-failure-retry");
  }
  const failureRetry = Number(flags.text("engine-failure-retry"));
  if (!Number.isSafeInteger(failureRetry) || failureRetry <= 0) throw fatal("invalid failure retry count");
  const url = discoveryUrl(context, positionals, "manage");
  const heartbeatMs = heartbeatFlag(flags);
  const discovery = await discoverySettings(context, flags);
  return {
    tls,
    refreshMinIntervalMs,
    refreshMaxIntervalMs,
    failureRetry,
    discoveryUrl: url,
    heartbeatMs,
    discovery,
  };
}

export function schedulingSettings(context: SwarmContext, flags: Flags): SchedulingSettings {
  return {
    strategy: strategyFlag(flags.text("strategy")),
    filters: flags.list("filter").map(filterFlag),
    ...clusterOptions(context, flags),
  };
}

/** The rest of the checks; undefined without `--replication`. */
export function replicationSettings(flags: Flags, canHoldLock: boolean): ReplicationSettings | undefined {
  if (!flags.bool("replication")) return undefined;
  const advertise = flags.text("advertise");
  if (advertise === "") throw fatal("--advertise address must be provided when using --leader-election");
  checkAdvertise(advertise);
  const ttlMs = durationFlag(flags, "replication-ttl");
  if (ttlMs <= 0) throw fatal("--replication-ttl should be a positive number");
  if (!canHoldLock) {
    throw fatal(
      "Leader election is only supported with consul, etcd and zookeeper discovery.",
      "token discovery through a service of our own can hold the lock too",
    );
  }
  return { advertise, ttlMs };
}

function strategyFlag(name: string): StrategyName {
  if (name === "binpacking" || name === "binpack") return "binpack";
  if (name === "spread" || name === "random") return name;
  throw fatal("strategy not supported");
}

function filterFlag(name: string): FilterName {
  if (!isFilterName(name)) throw fatal("filter not supported");
  return name;
}

function clusterOptions(context: SwarmContext, flags: Flags): { overcommit: number; createRetry: number } {
  const driver = flags.text("cluster-driver");
  if (driver !== "swarm") throw fatal(`unsupported cluster "${driver}"`);
  const options = parseKeyValues(flags.list("cluster-opt"), "--cluster-opt");
  const overcommit = numberOption(options, "swarm.overcommit", 0.05);
  if (overcommit <= -1) {
    throw fatal(`swarm.overcommit should be larger than -1, ${overcommit.toFixed(6)} is invalid`);
  }
  if (overcommit < 0) context.log.warn("With a negative swarm.overcommit, engines are not filled up");
  const createRetry = numberOption(options, "swarm.createretry", 0);
  if (createRetry < 0) throw fatal(`swarm.createretry can not be negative, ${createRetry} is invalid`);
  return { overcommit, createRetry: Math.floor(createRetry) };
}

function numberOption(options: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = options.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw fatal(`${name} should be a number, "${text}" is invalid`);
  return value;
}
