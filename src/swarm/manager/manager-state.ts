import type { Clock } from "../../kit/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { SwarmError } from "../errors.ts";
import type { Leadership } from "../leadership/leadership.ts";
import type { SwarmLog } from "../log.ts";
import { ExecFinder } from "./exec-finder.ts";
import { ContainerLists } from "./listing/container-lists.ts";
import { Endpoints } from "./listing/endpoints.ts";
import type { Metrics } from "./metrics.ts";
import type { ManagerOptions } from "./options.ts";
import type { PrimaryLink } from "./primary-link.ts";
import { BuildNodes } from "./streams/build-nodes.ts";
import { EventHub } from "./streams/event-hub.ts";
import { PieceWriter } from "./streams/write-pieces.ts";

/** What all requests share. */
export interface Manager {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: SwarmLog;
  readonly leadership: Leadership | undefined;
  readonly events: EventHub;
  readonly lists: ContainerLists;
  readonly builds: BuildNodes;
  readonly execs: ExecFinder;
  readonly endpoints: Endpoints;
  readonly metrics: Metrics;
  readonly primaryLink: PrimaryLink | undefined;
  readonly isDebug: boolean;
  readonly isExperimental: boolean;
  readonly options: ManagerOptions;
  readonly pieces: PieceWriter;
  readonly startedAt: number;
  isPrimary(): boolean;
  /** @throws SwarmError 503 where this manager may not schedule */
  checkPrimary(): void;
}

export function createManager(
  options: ManagerOptions,
  metrics: Metrics,
  primaryLink: PrimaryLink | undefined,
): Manager {
  const { cluster, clock, log, leadership } = options;
  const isPrimary = () => leadership?.isPrimary() ?? true;
  return {
    cluster,
    clock,
    log,
    leadership,
    events: new EventHub(cluster, clock),
    lists: new ContainerLists(cluster, clock),
    builds: new BuildNodes(clock),
    execs: new ExecFinder(cluster),
    endpoints: new Endpoints(),
    metrics,
    primaryLink,
    isDebug: options.debug ?? false,
    isExperimental: options.experimental ?? false,
    options,
    pieces: new PieceWriter(),
    startedAt: clock.now(),
    isPrimary,
    checkPrimary() {
      if (!isPrimary()) throw new SwarmError(503, "this manager is not the primary any more");
    },
  };
}
