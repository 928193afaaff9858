import * as v from "valibot";
import type { Clock } from "../../../kit/clock.ts";

interface Member {
  ttlMs: number;
  /** By the monotonic clock. */
  endsAt: number;
}

interface Lock {
  value: string;
  session: string;
  ttlMs: number;
  endsAt: number;
}

const storedSchema = v.object({
  id: v.string(),
  name: v.optional(v.string(), ""),
  nodes: v.array(v.object({ addr: v.string(), ttlSeconds: v.number() })),
  drained: v.optional(v.array(v.string()), []),
  leader: v.optional(v.object({ value: v.string(), session: v.string(), ttlSeconds: v.number() })),
});

/** A cluster as its file holds it; times are left out, see `Cluster.load`. */
export type StoredCluster = v.InferOutput<typeof storedSchema>;

/** Members and lock of one cluster. Every reading leaves out what is over its time, timers or not. */
export class ServedCluster {
  readonly id: string;
  readonly name: string;
  /** Changes with each change of the members. */
  index: number;
  /** Changes with each change of the lock's holder. */
  leaderIndex: number;
  /** Changes with each change of what is drained. */
  drainedIndex: number;
  private readonly members = new Map<string, Member>();
  private readonly marks = new Set<string>();
  private lock: Lock | undefined;
  private readonly clock: Clock;

  constructor(id: string, name: string, clock: Clock) {
    this.id = id;
    this.name = name;
    this.clock = clock;
    // after a restart an index of before must not be met again
    this.index = clock.now();
    this.leaderIndex = clock.now();
    this.drainedIndex = clock.now();
  }

  /** Makes a cluster from its file: everybody gets one full TTL, for nobody could renew while the service was away. */
  static load(stored: unknown, clock: Clock): ServedCluster {
    const { id, name, nodes, drained, leader } = v.parse(storedSchema, stored);
    const cluster = new ServedCluster(id, name, clock);
    for (const { addr, ttlSeconds } of nodes) cluster.register(addr, ttlSeconds * 1000);
    for (const addr of drained) cluster.mark(addr);
    if (leader !== undefined) cluster.take(leader.session, leader.value, leader.ttlSeconds * 1000);
    return cluster;
  }

  stored(): StoredCluster {
    const { lock } = this;
    return {
      id: this.id,
      name: this.name,
      nodes: [...this.members].map(([addr, { ttlMs }]) => ({ addr, ttlSeconds: ttlMs / 1000 })),
      drained: this.drained(),
      ...(lock === undefined
        ? {}
        : { leader: { value: lock.value, session: lock.session, ttlSeconds: lock.ttlMs / 1000 } }),
    };
  }

  get size(): number {
    return this.members.size;
  }

  /** In order of first registration. */
  entries(): string[] {
    const now = this.clock.monotonic();
    return [...this.members].filter(([, member]) => member.endsAt > now).map(([addr]) => addr);
  }

  /** @returns whether what the file holds changed */
  register(addr: string, ttlMs: number): boolean {
    const now = this.clock.monotonic();
    const known = this.members.get(addr);
    this.members.set(addr, { ttlMs, endsAt: now + ttlMs });
    const isNew = known === undefined || known.endsAt <= now;
    if (isNew) this.index += 1;
    return isNew || known.ttlMs !== ttlMs;
  }

  unregister(addr: string): boolean {
    const removed = this.members.delete(addr);
    if (removed) this.index += 1;
    return removed;
  }

  /** Addresses, of members that are away too. */
  drained(): string[] {
    return [...this.marks];
  }

  /** @returns whether it was not drained before */
  mark(addr: string): boolean {
    if (this.marks.has(addr)) return false;
    this.marks.add(addr);
    this.drainedIndex += 1;
    return true;
  }

  /** @returns whether it was drained before */
  unmark(addr: string): boolean {
    const removed = this.marks.delete(addr);
    if (removed) this.drainedIndex += 1;
    return removed;
  }

  leader(): string {
    return this.liveLock()?.value ?? "";
  }

  /** Takes or renews the lock for `session`. */
  take(session: string, value: string, ttlMs: number): { taken: boolean; changed: boolean } {
    const held = this.liveLock();
    if (held !== undefined && held.session !== session) return { taken: false, changed: false };
    const changed = held?.value !== value || held.ttlMs !== ttlMs;
    this.lock = { session, value, ttlMs, endsAt: this.clock.monotonic() + ttlMs };
    if (held?.value !== value) this.leaderIndex += 1;
    return { taken: true, changed };
  }

  /** @returns whether it was this session's */
  release(session: string): boolean {
    if (this.lock?.session !== session) return false;
    this.lock = undefined;
    this.leaderIndex += 1;
    return true;
  }

  /** Drops what is over its time; @returns whether there was any */
  sweep(): boolean {
    const now = this.clock.monotonic();
    let changed = false;
    for (const [addr, member] of this.members) {
      if (member.endsAt <= now) changed = this.unregister(addr) || changed;
    }
    if (this.lock !== undefined && this.lock.endsAt <= now)
      changed = this.release(this.lock.session) || changed;
    return changed;
  }

  private liveLock(): Lock | undefined {
    return this.lock !== undefined && this.lock.endsAt > this.clock.monotonic() ? this.lock : undefined;
  }
}
