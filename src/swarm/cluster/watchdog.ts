import type { Clock } from "../../kit/clock.ts";
import { messageOf } from "../../kit/errors.ts";
import type { Log } from "../../kit/log.ts";
import { SwarmError } from "../errors.ts";
import { textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { CreateRequest } from "./cluster.ts";
import type { ContainerEntry } from "./container-entry.ts";
import type { ContainerIndex } from "./container-index.ts";
import type { NodeState } from "./node-state.ts";
import { rescheduleConfig } from "./reschedule.ts";
import type { NetworkIndex } from "./resource-index.ts";
import type { StopRecords } from "./stop-records.ts";

export interface WatchdogOptions {
  clock: Clock;
  log: Log;
  index: ContainerIndex;
  networks: NetworkIndex;
  stops: StopRecords;
  nodes: () => Iterable<NodeState>;
  isPrimary: () => boolean;
  create: (request: CreateRequest) => Promise<{ container: ContainerEntry }>;
  refresh: (node: NodeState, id: string) => Promise<void>;
  onChange: () => void;
}

const tickMs = 5_000;
const retryMs = 30_000;
const disconnectTimeoutMs = 10_000;
/** Creation times are whole seconds, and clocks less than 2 s apart count as one. */
const clockDoubtMs = 4_000;

/**
 * Makes containers with the policy on-node-failure anew elsewhere when their engine is lost, and removes the old copies,
 * volumes kept, when it comes back. Works only while this manager is the primary.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #ended = new AbortController();
  /** Lost engines and when they are due; those that left the cluster too. */
  readonly #lost = new Map<NodeState, number>();
  /** Engines in whose place another came; what that one has decides what is lost. */
  readonly #replaced = new Set<NodeState>();
  readonly #busy = new Map<NodeState, Promise<void>>();
  #wasPrimary = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Looks from time to time for what a new primary has to make up for; until `end`. */
  async run(): Promise<void> {
    const { clock, isPrimary, nodes } = this.#options;
    while (!this.#ended.signal.aborted) {
      const isNow = isPrimary();
      if (isNow && !this.#wasPrimary)
        for (const node of nodes()) if (node.status === "Healthy") this.found(node);
      this.#wasPrimary = isNow;
      if (isNow) for (const [node, dueAt] of this.#lost) if (clock.monotonic() >= dueAt) this.#start(node);
      await clock.delay(tickMs, this.#ended.signal).catch(() => undefined); // ended: the loop sees it
    }
  }

  end(): void {
    this.#ended.abort();
  }

  /** The engine became Unhealthy or left. */
  lost(node: NodeState): void {
    this.#lost.set(node, this.#options.clock.monotonic());
    if (this.#options.isPrimary()) this.#start(node);
    this.left(node);
  }

  /** Another engine took its place at its address. The containers may live on there, where only the ID is new. */
  replaced(node: NodeState): void {
    this.#replaced.add(node);
  }

  /** The engine is gone without having been seen, or is lost: it will not tell what it has of the one it replaced. */
  left(node: NodeState): void {
    for (const old of this.#replaced) {
      if (old.addr !== node.addr) continue;
      this.#replaced.delete(old);
      this.lost(old);
    }
  }

  /** The engine is (again) Healthy and its containers are known. */
  found(node: NodeState): void {
    for (const lost of this.#lost.keys()) if (lost.id === node.id) this.#lost.delete(lost);
    this.left(node);
    const before = this.#busy.get(node) ?? Promise.resolve();
    const job = before.then(() => this.#removeDuplicates(node));
    job.catch((error: unknown) => this.#options.log.warn(`duplicates on ${node.name}: ${messageOf(error)}`));
  }

  #start(node: NodeState): void {
    if (this.#busy.has(node)) return;
    const job = this.#rescheduleAll(node).finally(() => {
      this.#busy.delete(node);
      if (this.#lost.has(node)) this.#lost.set(node, this.#options.clock.monotonic() + retryMs);
    });
    this.#busy.set(node, job);
    job.catch((error: unknown) =>
      this.#options.log.warn(`rescheduling from ${node.name}: ${messageOf(error)}`),
    );
  }

  async #rescheduleAll(node: NodeState): Promise<void> {
    for (const entry of Array.from(node.entries())) {
      if (!entry.isReschedulable) continue;
      if (!this.#mayGoOn(node)) return;
      try {
        await this.#reschedule(node, entry);
      } catch (error) {
        this.#options.log.warn(
          `container ${entry.name || entry.id} of ${node.name} could not be rescheduled, it is tried again in ${retryMs / 1000} s: ${messageOf(error)}`,
        );
      }
    }
    if (![...node.entries()].some((entry) => entry.isReschedulable)) this.#lost.delete(node);
  }

  #mayGoOn(node: NodeState): boolean {
    return (
      this.#lost.has(node) &&
      node.status !== "Healthy" &&
      this.#options.isPrimary() &&
      !this.#ended.signal.aborted
    );
  }

  async #reschedule(node: NodeState, entry: ContainerEntry): Promise<void> {
    const { log, index, stops, create } = this.#options;
    if (entry.name === "") throw new SwarmError(500, "it has no name");
    const made = rescheduleConfig(entry);
    if (!made) throw new SwarmError(500, "its configuration was never seen");
    if (this.#livesElsewhere(entry)) {
      node.remove(entry.id);
      return;
    }
    const copy = this.#newestCopy(entry);
    if (copy?.node.status === "Healthy" && isReplacedBy(entry, copy)) {
      node.remove(entry.id); // made anew before, by this manager or another
      return;
    }
    const stopSignal = textAt(made.config, "StopSignal");
    const wasRunning = entry.isRunning || stops.wasStoppedByItsEngine(entry.id, stopSignal);
    await this.#leaveGlobalNetworks(node, entry);
    node.remove(entry.id);
    let container: ContainerEntry;
    try {
      if (!this.#mayGoOn(node))
        throw new SwarmError(503, "this manager may not schedule any more, or the engine is back");
      const request = { name: entry.name, config: made.config, registryAuth: undefined, apiVersion: "" };
      ({ container } = await create(request));
    } catch (error) {
      if (index.withSwarmId(entry.swarmId).length === 0) node.put(entry);
      throw error;
    }
    log.info(
      `Rescheduled container ${entry.id} from ${node.name} to ${container.node.name} as ${container.id}`,
    );
    for (const { name, endpoint } of made.laterNetworks) await this.#join(container, name, endpoint);
    if (wasRunning) await this.#startCopy(entry, container);
  }

  async #startCopy(entry: ContainerEntry, copy: ContainerEntry): Promise<void> {
    const { log, refresh } = this.#options;
    log.info(`Container ${entry.id} was running, starting container ${copy.id}`);
    try {
      if (!this.#options.isPrimary()) return;
      await copy.node.client.read({
        method: "POST",
        path: `/containers/${copy.id}/start`,
        timeoutMs: 60_000,
      });
    } catch (error) {
      log.warn(`container ${copy.id} on ${copy.node.name} was made but did not start: ${messageOf(error)}`);
    }
    await refresh(copy.node, copy.id);
  }

  async #join(container: ContainerEntry, network: string, endpoint: Json): Promise<void> {
    try {
      await container.node.client.read({
        method: "POST",
        path: `/networks/${encodeURIComponent(network)}/connect`,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ Container: container.id, EndpointConfig: endpoint }),
      });
    } catch (error) {
      this.#options.log.warn(
        `container ${container.id} does not join the network ${network}: ${messageOf(error)}`,
      );
    }
  }

  /** Through another engine: the lost one cannot give the endpoint's name and address free. */
  async #leaveGlobalNetworks(node: NodeState, entry: ContainerEntry): Promise<void> {
    const helper = [...this.#options.nodes()].find((one) => one !== node && one.status === "Healthy");
    if (!helper) return;
    for (const network of this.#options.networks.of(node)) {
      const name = textAt(network.summary, "Name");
      if (textAt(network.summary, "Scope") === "local" || !hasEndpoint(entry, name)) continue;
      await helper.client
        .read({
          method: "POST",
          path: `/networks/${encodeURIComponent(name)}/disconnect`,
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ Container: entry.name, Force: true }),
          timeoutMs: disconnectTimeoutMs,
        })
        .catch((error: unknown) => this.#options.log.debug(`disconnect from ${name}: ${messageOf(error)}`));
    }
  }

  /** Of a container that lives on several engines the newest copy stays; the older ones go, without their volumes. */
  async #removeDuplicates(node: NodeState): Promise<void> {
    for (const entry of Array.from(node.entries())) {
      if (!entry.isReschedulable || entry.swarmId === "") continue;
      const copy = this.#newestCopy(entry);
      if (copy?.node.status !== "Healthy" || node.status !== "Healthy") continue;
      if (!this.#options.isPrimary()) return;
      if (isReplacedBy(entry, copy)) await this.#removeCopy(entry, copy);
      else await this.#removeCopy(copy, entry);
    }
  }

  async #removeCopy(old: ContainerEntry, kept: ContainerEntry): Promise<void> {
    const { log, onChange } = this.#options;
    try {
      await old.node.client.read({
        method: "DELETE",
        path: `/containers/${old.id}?force=1`,
        timeoutMs: 60_000,
      });
      old.node.remove(old.id);
      onChange();
      log.info(`Removed container ${old.id} from ${old.node.name}: ${kept.node.name} has it as ${kept.id}`);
    } catch (error) {
      log.warn(`the old copy ${old.id} on ${old.node.name} was not removed: ${messageOf(error)}`);
    }
  }

  /** Whether the very same container is seen through another address of its engine, or after its engine got a new ID. */
  #livesElsewhere(entry: ContainerEntry): boolean {
    return [...this.#options.index.findAll(entry.id)].some(
      ({ id, node }) => id === entry.id && node !== entry.node && node.status === "Healthy",
    );
  }

  /** The newest of the other containers with its swarm id; a clone of a whole engine has the same id and is none. */
  #newestCopy(entry: ContainerEntry): ContainerEntry | undefined {
    return this.#options.index
      .withSwarmId(entry.swarmId)
      .filter((one) => one.node !== entry.node && one.id !== entry.id)
      .toSorted((a, b) => madeAt(b) - madeAt(a))[0];
  }
}

/** Whether the copy was made in its place; where clocks cannot tell, the one on the engine that was away gives way. */
function isReplacedBy(entry: ContainerEntry, copy: ContainerEntry): boolean {
  return madeAt(copy) + clockDoubtMs > madeAt(entry);
}

/** By the manager's clock, ms. */
function madeAt(entry: ContainerEntry): number {
  return entry.createdAt * 1000 + entry.node.clockDeltaMs;
}

function hasEndpoint(entry: ContainerEntry, network: string): boolean {
  const settings = entry.summary["NetworkSettings"];
  if (typeof settings !== "object" || settings === null || !("Networks" in settings)) return false;
  const { Networks: networks } = settings;
  return typeof networks === "object" && networks !== null && Object.hasOwn(networks, network);
}
