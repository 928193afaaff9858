import type { DiscoveryOptions } from "../discovery.ts";
import { ZkSession } from "./zk-session.ts";

const sessionMs = 10_000;

/** A session that is opened when first needed, and anew after it is gone. */
export class ZkStore {
  private readonly endpoints: readonly string[];
  private readonly options: DiscoveryOptions;
  private current: Promise<ZkSession> | undefined;

  constructor(endpoints: readonly string[], options: DiscoveryOptions) {
    this.endpoints = endpoints;
    this.options = options;
  }

  async session(): Promise<ZkSession> {
    const present = await this.current?.catch(() => undefined); // it could not be opened: try again
    if (present !== undefined && !present.gone.aborted) return present;
    this.current = this.open(sessionMs);
    return this.current;
  }

  open(timeoutMs: number): Promise<ZkSession> {
    return ZkSession.open(this.endpoints, timeoutMs, this.options.clock);
  }

  async close(): Promise<void> {
    (await this.current?.catch(() => undefined))?.end("closed"); // one that never opened needs no closing
  }
}

export interface ZkCursor {
  readonly session: ZkSession;
  /** Aborts at the first change. */
  readonly change: AbortSignal;
}

/** Resolves at a change; rejects when the session is gone, for its watches are gone with it. */
export function whenChanged({ session, change }: ZkCursor, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const any = AbortSignal.any([change, session.gone, signal]);
    const settle = () => {
      if (signal.aborted || !change.aborted) reject(any.reason);
      else resolve();
    };
    if (any.aborted) settle();
    else any.addEventListener("abort", settle, { once: true });
  });
}
