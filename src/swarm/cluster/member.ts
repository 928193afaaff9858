import { HttpEngineClient } from "../engine/http-client.ts";
import type { EngineTlsContext } from "../engine/tls.ts";
import type { Json } from "../scheduler/model.ts";
import type { ContainerIndex } from "./container-index.ts";
import { EngineLife } from "./engine-life.ts";
import { EngineSync } from "./engine-sync.ts";
import type { Limiter } from "./limiter.ts";
import { NodeState } from "./node-state.ts";
import type { ClusterOptions } from "./options.ts";
import type { Packer } from "./packer.ts";
import type { ImageIndex, NetworkIndex, VolumeIndex } from "./resource-index.ts";
import type { Timing } from "./timing.ts";

/** One engine of the pool: what is known, what keeps it alive, what brings it up to date. */
export interface Member {
  readonly node: NodeState;
  readonly life: EngineLife;
  readonly sync: EngineSync;
}

export interface MemberContext {
  options: ClusterOptions;
  tls: EngineTlsContext | undefined;
  limiter: Limiter;
  index: ContainerIndex;
  images: ImageIndex;
  networks: NetworkIndex;
  volumes: VolumeIndex;
  packer: Packer;
  onChange: () => void;
  onEngineEvent: (event: Json) => void;
  onTurn: (turn: "connect" | "reconnect" | "disconnect") => void;
  /** Another engine answers: true when it takes this one's place, which ends this member. */
  onOtherId: (newId: string) => boolean;
}

/** Puts the parts of one engine together; `life.run()` starts it. */
export function openMember(addr: string, context: MemberContext): Member {
  const { options, limiter, onChange } = context;
  const { clock, log, failureRetry = 3, requestTimeoutMs = 10_000, overcommit = 0.05 } = options;
  const client = new HttpEngineClient({
    addr,
    tls: context.tls,
    timeoutMs: requestTimeoutMs,
    onOutcome: (failure) => life.noteOutcome(failure),
  });
  const node = new NodeState({
    addr,
    client,
    failureRetry,
    overcommitPercent: Math.trunc(overcommit * 100),
    index: context.index,
    onChange,
  });
  node.updatedAt = clock.now();
  const sync = new EngineSync(node, { ...context, log });
  const life = new EngineLife({
    node,
    client,
    sync,
    clock,
    log,
    failureRetry,
    limiter,
    timing: timingOf(options),
    onEngineEvent: context.onEngineEvent,
    onTurn: context.onTurn,
    onOtherId: context.onOtherId,
  });
  return { node, life, sync };
}

function timingOf(options: ClusterOptions): Timing {
  const { refreshMinIntervalMs = 30_000, refreshMaxIntervalMs = 60_000, random = Math.random } = options;
  return {
    refreshMinMs: refreshMinIntervalMs,
    refreshMaxMs: Math.max(refreshMinIntervalMs, refreshMaxIntervalMs),
    pingMs: 15_000,
    probeMs: 1_000,
    random,
  };
}
