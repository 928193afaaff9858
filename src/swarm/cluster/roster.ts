import type { Log } from "../../kit/log.ts";
import { SwarmError } from "../errors.ts";
import type { ClusterNode } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { NodeState } from "./node-state.ts";

export interface RosterOptions {
  readonly log: Log;
  /** Makes the member of an address, not yet running; `onOtherId` is asked when another engine answers there. */
  readonly open: (addr: string, onOtherId: (newId: string) => boolean) => Member;
  /** The member is in; it is to be run. */
  readonly onJoin: (member: Member) => void;
  /** The member is out and ended; `isReplaced`: another engine has its address from now on. */
  readonly onLeave: (member: Member, isReplaced: boolean) => void;
}

/** The engines of a cluster by address: who comes, who goes, who takes whose place, who is drained. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #members = new Map<string, Member>();
  /** Addresses, those of engines that are away too. */
  #drained: ReadonlySet<string> = new Set();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  setEntries(addrs: readonly string[]): void {
    const wanted = new Set(addrs.filter((addr) => addr !== ""));
    for (const [addr, member] of this.#members) if (!wanted.has(addr)) this.#leave(addr, member);
    for (const addr of wanted) if (!this.#members.has(addr)) this.#join(addr);
  }

  /** @param addrs all that are drained; every other is active */
  setDrained(addrs: readonly string[]): void {
    this.#drained = new Set(addrs);
    for (const { node } of this.#members.values()) node.setAvailability(this.#availabilityOf(node.addr));
  }

  setAvailability(addr: string, availability: "active" | "drain"): void {
    const others = [...this.#drained].filter((one) => one !== addr);
    this.setDrained(availability === "drain" ? [...others, addr] : others);
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  *nodes(): Iterable<NodeState> {
    for (const { node } of this.#members.values()) yield node;
  }

  at(addr: string): Member | undefined {
    return this.#members.get(addr);
  }

  /** @throws SwarmError where the node has left */
  of(node: ClusterNode): Member {
    const member = this.#members.get(node.addr);
    if (!member) throw new SwarmError(500, `the node ${node.name} (${node.addr}) has left the cluster`);
    return member;
  }

  find(idOrNameOrAddr: string): NodeState | undefined {
    const member = this.#members.get(idOrNameOrAddr);
    if (member) return member.node;
    for (const node of this.nodes())
      if (node.id === idOrNameOrAddr || node.name === idOrNameOrAddr) return node;
    return undefined;
  }

  #availabilityOf(addr: string): "active" | "drain" {
    return this.#drained.has(addr) ? "drain" : "active";
  }

  #join(addr: string): void {
    const member: Member = this.#options.open(addr, (newId) => this.#replace(member, newId));
    member.node.setAvailability(this.#availabilityOf(addr));
    this.#members.set(addr, member);
    this.#options.onJoin(member);
  }

  #leave(addr: string, member: Member, isReplaced = false): void {
    member.life.end();
    this.#members.delete(addr);
    member.node.leave();
    this.#options.onLeave(member, isReplaced);
  }

  /**
   * Another engine answers at the address, so the old one is gone for good: its place is the new one's. Not where the new
   * one is in already, at another address: then two addresses lead to one engine, and a detour may have swallowed the old.
   */
  #replace(old: Member, newId: string): boolean {
    const { node } = old;
    if (this.#members.get(node.addr) !== old) return false;
    const isElsewhere = [...this.nodes()].some(
      (one) => one !== node && one.status === "Healthy" && engineId(one.id) === engineId(newId),
    );
    if (isElsewhere) return false;
    this.#options.log.warn(
      `The engine at ${node.addr} was replaced: ${node.name} (ID ${engineId(node.id)}) with ${node.containerCounts.all} containers is gone, the engine with the ID ${engineId(newId)} takes its place`,
    );
    this.#leave(node.addr, old, true);
    this.#join(node.addr);
    return true;
  }
}

/** What the engine itself calls its ID: a node's has the address behind. */
function engineId(nodeId: string): string {
  return nodeId.slice(0, nodeId.lastIndexOf("|"));
}
