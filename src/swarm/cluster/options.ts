import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { EngineTls } from "../engine/tls.ts";
import type { FilterName } from "../scheduler/filters.ts";
import type { StrategyName } from "../scheduler/strategies.ts";

/** Takes note of the addresses of drained engines; rejects where it cannot. */
export interface DrainMarks {
  set(addr: string): Promise<void>;
  clear(addr: string): Promise<void>;
}

/** What a cluster is made of; everything has the default of `swarm manage`. */
export interface ClusterOptions {
  clock: Clock;
  log: Log;
  /** Certificates for the engines; undefined: plain TCP. */
  tls?: EngineTls;
  /** Default "spread". */
  strategy?: StrategyName;
  /** In the order in which they are asked; default: all. */
  filters?: readonly FilterName[];
  /** Default 30 000. */
  refreshMinIntervalMs?: number;
  /** Default 60 000; at least the minimum. */
  refreshMaxIntervalMs?: number;
  /** Failures in a row after which an engine is Unhealthy; default 3. */
  failureRetry?: number;
  /** Fraction by which CPUs and memory may be promised beyond what there is; default 0.05. */
  overcommit?: number;
  /** Further tries of a create that failed; default 0. */
  createRetry?: number;
  /** Limit of an ordinary engine call; default 10 000. */
  requestTimeoutMs?: number;
  /** Engines that are validated at the same time; default 128. */
  connectConcurrency?: number;
  /** 0 ≤ x < 1; default Math.random. */
  random?: () => number;
  /** Where it is noted which engines are drained, for other managers and later starts; none: in memory only. */
  drainMarks?: DrainMarks;
  /** Asked before each step that schedules; default: always true. */
  isPrimary?: () => boolean;
}
