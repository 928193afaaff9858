import type { EngineClient } from "../engine/client.ts";
import { textAt, textsAt } from "../scheduler/json.ts";
import type { Json, PlacedContainer, PlacedImage, SchedulerNode } from "../scheduler/model.ts";
import type { ClusterNode, NodeStatus } from "./cluster.ts";
import type { ContainerEntry } from "./container-entry.ts";
import type { ContainerIndex } from "./container-index.ts";
import type { EngineSpecs } from "./engine-specs.ts";
import { MultiMap } from "./prefix-index.ts";

export interface NodeOptions {
  addr: string;
  client: EngineClient;
  failureRetry: number;
  /** Whole percent of CPUs and memory promised beyond what there is. */
  overcommitPercent: number;
  index: ContainerIndex;
  /** Called at each change that a reader could see. */
  onChange: () => void;
}

/** What the manager knows of one engine; no I/O. Both the API's and the scheduler's view of it. */
export class NodeState implements ClusterNode, SchedulerNode {
  readonly addr: string;
  readonly client: EngineClient;
  id = "";
  name = "(unknown)";
  ip = "";
  labels: Readonly<Record<string, string>> = {};
  cpus = 0;
  memoryBytes = 0;
  serverVersion = "";
  clockDeltaMs = 0;
  availability: "active" | "drain" = "active";
  status: NodeStatus = "Pending";
  updatedAt = 0;
  failures = 0;
  /** Was Healthy at least once. */
  isValidated = false;
  /** Every container was inspected, so that its resources count. */
  isSeen = false;
  usedCpus = 0;
  usedMemoryBytes = 0;
  imageCount = 0;
  /** When each way of asking asks next, ms since 1970. */
  readonly nextTries = new Map<string, number>();
  readonly #options: NodeOptions;
  readonly #entries = new Map<string, ContainerEntry>();
  readonly #pending = new Set<PlacedContainer>();
  readonly #ports = new MultiMap<PlacedContainer>();
  readonly #removedAt = new Map<string, number>();
  readonly #counts = { running: 0, paused: 0 };
  #placedImages: readonly PlacedImage[] = [];
  #errorText = "";
  #sights = 0;
  #hasLeft = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.addr = options.addr;
    this.client = options.client;
  }

  get error(): string {
    if (this.#errorText === "" || this.status === "Healthy") return this.#errorText;
    const next = Math.min(...this.nextTries.values());
    if (!Number.isFinite(next)) return this.#errorText;
    return `${this.#errorText} (next try ${new Date(next).toISOString().slice(0, 19)}Z)`;
  }

  get isActive(): boolean {
    return this.availability === "active";
  }

  get healthIndicator(): number {
    const limit = this.#options.failureRetry;
    if (this.status !== "Healthy" || this.failures >= limit) return 0;
    return 100 - Math.trunc((this.failures * 100) / limit);
  }

  get totalCpus(): number {
    return this.cpus + Math.trunc((this.cpus * this.#options.overcommitPercent) / 100);
  }

  get totalMemoryBytes(): number {
    return this.memoryBytes + Math.trunc((this.memoryBytes * this.#options.overcommitPercent) / 100);
  }

  get containerCount(): number {
    return this.#entries.size + this.#pending.size;
  }

  get containerCounts() {
    const { running, paused } = this.#counts;
    return { all: this.#entries.size, running, paused, stopped: this.#entries.size - running - paused };
  }

  entries(): Iterable<ContainerEntry> {
    return this.#entries.values();
  }

  entry(id: string): ContainerEntry | undefined {
    return this.#entries.get(id);
  }

  *containers(): Iterable<PlacedContainer> {
    for (const entry of this.#entries.values()) yield entry.placed;
    yield* this.#pending;
  }

  images(): Iterable<PlacedImage> {
    return this.#placedImages;
  }

  hasContainer(idOrName: string): boolean {
    for (const entry of this.#options.index.findAll(idOrName)) if (entry.node === this) return true;
    const name = idOrName.replace(/^\//, "");
    for (const pending of this.#pending) if (pending.names[0] === name) return true;
    return false;
  }

  containersUsingPort(port: string): Iterable<PlacedContainer> {
    return this.#ports.get(port);
  }

  /** A number that grows with each sight of something of this node. */
  nextSight(): number {
    return ++this.#sights;
  }

  /** Whether the container was taken out after the given sight, so that an older list must not bring it back. */
  wasRemovedSince(id: string, sight: number): boolean {
    return (this.#removedAt.get(id) ?? 0) > sight;
  }

  put(entry: ContainerEntry): void {
    const old = this.#entries.get(entry.id);
    if (old) this.#take(old);
    this.#entries.set(entry.id, entry);
    if (!this.#hasLeft) this.#options.index.add(entry);
    this.#hold(entry.placed, 1);
    this.#count(entry, 1);
    this.#options.onChange();
  }

  remove(id: string): ContainerEntry | undefined {
    const entry = this.#entries.get(id);
    if (this.#removedAt.size > 1000) this.#removedAt.clear();
    this.#removedAt.set(id, this.nextSight());
    if (!entry) return undefined;
    this.#take(entry);
    this.#options.onChange();
    return entry;
  }

  /** Takes the containers out of the cluster's look-ups, not out of the node: they may have to be made anew elsewhere. */
  leave(): void {
    for (const entry of this.#entries.values()) this.#options.index.delete(entry);
    this.#hasLeft = true;
    this.setStatus("Disconnected");
  }

  /** Counts a container that is being created; @returns what ends that */
  reserve(placed: PlacedContainer): () => void {
    this.#pending.add(placed);
    this.#hold(placed, 1);
    return () => {
      if (this.#pending.delete(placed)) this.#hold(placed, -1);
    };
  }

  setImages(summaries: readonly Json[]): void {
    this.imageCount = summaries.length;
    this.#placedImages = summaries.map((summary) => ({
      id: textAt(summary, "Id"),
      repoTags: textsAt(summary, "RepoTags"),
      repoDigests: textsAt(summary, "RepoDigests"),
    }));
    this.#options.onChange();
  }

  setSpecs(specs: EngineSpecs): void {
    const { id, name, cpus, memoryBytes, labels, serverVersion, clockDeltaMs } = specs;
    Object.assign(this, { id, name, cpus, memoryBytes, labels, serverVersion, clockDeltaMs });
    this.#options.onChange();
  }

  setStatus(status: NodeStatus): void {
    this.status = status;
    this.#options.onChange();
  }

  setAvailability(availability: "active" | "drain"): void {
    if (this.availability === availability) return;
    this.availability = availability;
    this.#options.onChange();
  }

  /** @param text "" when all is well */
  setError(text: string, now: number): void {
    this.updatedAt = now;
    if (this.#errorText === text) return;
    this.#errorText = text;
    this.#options.onChange();
  }

  #take(entry: ContainerEntry): void {
    this.#entries.delete(entry.id);
    this.#options.index.delete(entry);
    this.#hold(entry.placed, -1);
    this.#count(entry, -1);
  }

  #hold(placed: PlacedContainer, sign: 1 | -1): void {
    this.usedCpus += sign * placed.cpus;
    this.usedMemoryBytes += sign * placed.memoryBytes;
    const keys = placed.hostPorts.map(({ port }) => port);
    if (placed.networkMode === "host") keys.push(...placed.exposedPorts);
    for (const key of keys) {
      if (sign > 0) this.#ports.add(key, placed);
      else this.#ports.delete(key, placed);
    }
  }

  #count(entry: ContainerEntry, sign: 1 | -1): void {
    if (entry.state === "paused") this.#counts.paused += sign;
    else if (entry.isRunning) this.#counts.running += sign;
  }
}
