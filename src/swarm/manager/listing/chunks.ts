import type { ClusterContainer } from "../../cluster/cluster.ts";
import { type ListEntry, listEntry, type NodeStamp, type NodeStamps } from "./list-entry.ts";
import type { Row } from "./rows.ts";
import { statusLine } from "./status-text.ts";

const mostMembers = 192;
const comma = Buffer.from(",");

/** Some rows of a list as bytes, good until one of its words changes. */
interface Chunk {
  readonly members: readonly ClusterContainer[];
  readonly stamps: readonly NodeStamp[];
  readonly facts: readonly ListEntry["facts"][];
  bytes: Buffer;
  /** Statuses as they stand in `bytes`, JSON text, and where each begins. */
  statuses: string[];
  starts: number[];
  validUntil: number;
}

/**
 * The long list of containers as bytes in pieces of some dozens of rows. A piece is made anew only where its rows, their
 * nodes or the words of a status have changed; its borders follow from the rows' ids, so that a row more moves no other.
 */
export class Chunks {
  readonly #stamps: NodeStamps;
  #byFirst = new Map<ClusterContainer, Chunk>();

  constructor(stamps: NodeStamps) {
    this.#stamps = stamps;
  }

  /** @param pause called now and then while much is made, so that others get their turn */
  async render(rows: readonly Row[], now: number, pause: () => Promise<void>): Promise<Buffer[]> {
    const byFirst = new Map<ClusterContainer, Chunk>();
    const pieces: Buffer[] = [];
    let members: ClusterContainer[] = [];
    let made = 0;
    for (const [at, { container }] of rows.entries()) {
      members.push(container);
      if (!isBorder(container.id) && members.length < mostMembers && at < rows.length - 1) continue;
      const [first = container] = members;
      const { chunk, isNew } = this.#chunk(this.#byFirst.get(first), members, now);
      byFirst.set(first, chunk);
      if (pieces.length > 0) pieces.push(comma);
      pieces.push(chunk.bytes);
      members = [];
      if (isNew && ++made % 8 === 0) await pause();
    }
    this.#byFirst = byFirst;
    return pieces;
  }

  #chunk(
    known: Chunk | undefined,
    members: readonly ClusterContainer[],
    now: number,
  ): { chunk: Chunk; isNew: boolean } {
    const stamps = members.map(({ node }) => this.#stamps.of(node));
    if (!known || !isSame(known.members, members) || !isSame(known.stamps, stamps))
      return { chunk: makeChunk(members, stamps, now), isNew: true };
    if (now >= known.validUntil) renew(known, now);
    return { chunk: known, isNew: false };
  }
}

/** One id in 64 ends a piece. */
function isBorder(id: string): boolean {
  return (Number.parseInt(id.slice(-2), 16) & 63) === 0;
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function statusesOf(
  facts: readonly ListEntry["facts"][],
  stamps: readonly NodeStamp[],
  now: number,
): { statuses: string[]; validUntil: number } {
  let validUntil = Number.POSITIVE_INFINITY;
  const statuses = facts.map((fact, at) => {
    const stamp = stamps[at];
    const line = statusLine(fact, stamp?.isHealthy ?? false, now, now - (stamp?.clockDeltaMs ?? 0));
    validUntil = Math.min(validUntil, line.validUntil);
    return JSON.stringify(line.text);
  });
  return { statuses, validUntil };
}

function makeChunk(members: readonly ClusterContainer[], stamps: readonly NodeStamp[], now: number): Chunk {
  const entries: ListEntry[] = [];
  for (const [at, container] of members.entries()) {
    const stamp = stamps[at];
    if (stamp) entries.push(listEntry(container, stamp));
  }
  const facts = entries.map((entry) => entry.facts);
  const { statuses, validUntil } = statusesOf(facts, stamps, now);
  const texts: string[] = [];
  const starts: number[] = [];
  let length = 0;
  for (const [at, { before, after }] of entries.entries()) {
    const head = at === 0 ? before : `,${before}`;
    const status = statuses[at] ?? '""';
    length += Buffer.byteLength(head);
    starts.push(length);
    length += Buffer.byteLength(status) + Buffer.byteLength(after);
    texts.push(head, status, after);
  }
  return { members, stamps, facts, bytes: Buffer.from(texts.join("")), statuses, starts, validUntil };
}

/** Puts the words of now into a piece; the old bytes stay as they are for those who still send them. */
function renew(chunk: Chunk, now: number): void {
  const { statuses, validUntil } = statusesOf(chunk.facts, chunk.stamps, now);
  chunk.validUntil = validUntil;
  const old = chunk.statuses;
  if (isSame(old, statuses)) return;
  let grown = 0;
  for (const [at, status] of statuses.entries())
    grown += Buffer.byteLength(status) - Buffer.byteLength(old[at] ?? "");
  const bytes = Buffer.allocUnsafe(chunk.bytes.length + grown);
  const starts: number[] = [];
  let read = 0;
  let write = 0;
  for (const [at, status] of statuses.entries()) {
    const start = chunk.starts[at] ?? read;
    write += chunk.bytes.copy(bytes, write, read, start);
    starts.push(write);
    write += bytes.write(status, write);
    read = start + Buffer.byteLength(old[at] ?? "");
  }
  chunk.bytes.copy(bytes, write, read);
  chunk.bytes = bytes;
  chunk.statuses = statuses;
  chunk.starts = starts;
}
