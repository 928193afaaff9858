import { type EngineTlsContext, openTlsContext } from "../engine/tls.ts";
import { SwarmError } from "../errors.ts";
import { moveExpressionsToLabels } from "../scheduler/config.ts";
import { defaultFilterNames } from "../scheduler/filters.ts";
import type { Json } from "../scheduler/model.ts";
import { type PlacementRequest, placementOf } from "../scheduler/request.ts";
import { type SchedulerOptions, schedule } from "../scheduler/scheduler.ts";
import type {
  ClusterContainer,
  ClusterEvent,
  ClusterNode,
  CreateRequest,
  ManagedCluster,
} from "./cluster.ts";
import { removeFromEngine, renameOnEngine } from "./container-actions.ts";
import { ContainerIndex } from "./container-index.ts";
import { ContainerCreator, nameConflict } from "./create.ts";
import { Emitter } from "./emitter.ts";
import { checkConfig } from "./engine-config.ts";
import { ExecMemory } from "./exec-memory.ts";
import { Limiter } from "./limiter.ts";
import { type Member, openMember } from "./member.ts";
import type { NodeState } from "./node-state.ts";
import type { ClusterOptions } from "./options.ts";
import { engineEvent, withNode } from "./own-events.ts";
import { Packer } from "./packer.ts";
import { ImageIndex, NetworkIndex, VolumeIndex } from "./resource-index.ts";
import { Roster } from "./roster.ts";
import { SeenGate } from "./seen-gate.ts";
import { StopRecords } from "./stop-records.ts";
import { Watchdog } from "./watchdog.ts";

/** Opens a cluster without engines; `setEntries` brings them. */
export function openCluster(options: ClusterOptions): ManagedCluster {
  return new EnginePool(options);
}

class EnginePool implements ManagedCluster {
  revision = 0;
  readonly strategyName: string;
  readonly filterNames: readonly string[];
  readonly #options: ClusterOptions;
  readonly #scheduling: SchedulerOptions;
  readonly #tls: EngineTlsContext | undefined;
  readonly #limiter: Limiter;
  readonly #roster: Roster;
  readonly #index = new ContainerIndex();
  readonly #images = new ImageIndex();
  readonly #networks = new NetworkIndex();
  readonly #volumes = new VolumeIndex();
  readonly #packer = new Packer();
  readonly #execs = new ExecMemory();
  readonly #emitter: Emitter;
  readonly #gate: SeenGate;
  readonly #stops: StopRecords;
  readonly #creator: ContainerCreator;
  readonly #watchdog: Watchdog;
  readonly #running = new Set<Promise<void>>();
  readonly #onChange = () => {
    this.revision++;
  };

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { filters = defaultFilterNames, strategy = "spread", random = Math.random } = options;
    this.#scheduling = { filters, strategy, random };
    this.strategyName = strategy;
    this.filterNames = filters;
    this.#tls = options.tls && openTlsContext(options.tls);
    this.#limiter = new Limiter(options.connectConcurrency ?? 128);
    this.#emitter = new Emitter(options.log);
    this.#gate = new SeenGate(options.clock);
    this.#stops = new StopRecords(options.clock);
    this.#roster = new Roster({
      log: options.log,
      open: (addr, onOtherId) => this.#open(addr, onOtherId),
      onJoin: ({ life }) => {
        this.#onChange();
        this.#track(life.run());
      },
      onLeave: ({ node }, isReplaced) => this.#onLeave(node, isReplaced),
    });
    this.#creator = new ContainerCreator({
      networks: this.#networks,
      images: this.#images,
      createRetry: options.createRetry ?? 0,
      isNodeName: (name) => this.node(name) !== undefined,
      isNameTaken: (name) => this.#index.isNameTaken(name),
      isSwarmIdTaken: (swarmId) => this.#index.withSwarmId(swarmId).length > 0,
      place: (request) => this.#place(request),
      moreNodes: (signal) => this.#moreNodes(signal),
      refresh: (node, id) => this.#roster.of(node).sync.container(id),
      checkPrimary: () => {
        if (!this.#isPrimary()) throw new SwarmError(503, "this manager is not the primary any more");
      },
    });
    this.#watchdog = new Watchdog({
      clock: options.clock,
      log: options.log,
      index: this.#index,
      networks: this.#networks,
      stops: this.#stops,
      nodes: () => this.#roster.nodes(),
      isPrimary: () => this.#isPrimary(),
      create: (request) => this.#creator.create(request),
      refresh: (node, id) => this.#roster.of(node).sync.container(id),
      onChange: this.#onChange,
    });
    this.#track(this.#watchdog.run());
  }

  setEntries(addrs: readonly string[]): void {
    this.#roster.setEntries(addrs);
  }

  setDrained(addrs: readonly string[]): void {
    this.#roster.setDrained(addrs);
  }

  nodes(): readonly ClusterNode[] {
    return [...this.#roster.nodes()];
  }

  node(idOrNameOrAddr: string): NodeState | undefined {
    return this.#roster.find(idOrNameOrAddr);
  }

  *containers() {
    for (const node of this.#roster.nodes()) yield* node.entries();
  }

  container(idOrName: string) {
    return this.#index.find(idOrName);
  }

  images() {
    return this.#images.all();
  }

  findImages(reference: string) {
    return this.#images.find(reference);
  }

  networks() {
    return this.#networks.all();
  }

  network(idOrName: string) {
    return this.#networks.find(idOrName);
  }

  volumes() {
    return this.#volumes.all();
  }

  volume(name: string) {
    return this.#volumes.find(name);
  }

  createContainer(request: CreateRequest) {
    return this.#creator.create(request);
  }

  async removeContainer(
    container: ClusterContainer,
    options: { force: boolean; volumes: boolean; apiVersion: string },
  ): Promise<void> {
    await removeFromEngine(container, options);
    this.#roster.of(container.node).node.remove(container.id);
  }

  async renameContainer(container: ClusterContainer, name: string): Promise<void> {
    const bare = name.replace(/^\//, "");
    if (this.#creator.isNameTaken(bare)) throw nameConflict(bare);
    await renameOnEngine(container, bare);
    await this.#roster.of(container.node).sync.container(container.id);
  }

  selectNode(config: Json): ClusterNode {
    checkConfig(config);
    return this.#place(placementOf(moveExpressionsToLabels(config)));
  }

  async refreshContainer(container: ClusterContainer): Promise<void> {
    const member = this.#roster.of(container.node);
    await member.sync.container(container.id);
    const now = member.node.entry(container.id);
    if (now && !now.isRunning) this.#stops.onAsked(container.id);
  }

  async refreshImages(node: ClusterNode): Promise<void> {
    await this.#roster.of(node).sync.images();
  }

  async refreshNetworks(node: ClusterNode): Promise<void> {
    await this.#roster.of(node).sync.networks();
  }

  async refreshVolumes(node: ClusterNode): Promise<void> {
    await this.#roster.of(node).sync.volumes();
  }

  async refreshAll(node: ClusterNode): Promise<void> {
    await this.#roster.of(node).sync.everything();
  }

  rememberExec(execId: string, container: ClusterContainer): void {
    this.#execs.remember(execId, container);
  }

  execContainer(execId: string): ClusterContainer | undefined {
    const known = this.#execs.containerOf(execId);
    return known && this.#roster.at(known.node.addr)?.node.entry(known.id);
  }

  async setAvailability(node: ClusterNode, availability: "active" | "drain"): Promise<void> {
    const { drainMarks } = this.#options;
    await (availability === "drain" ? drainMarks?.set(node.addr) : drainMarks?.clear(node.addr));
    this.#roster.setAvailability(node.addr, availability);
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    return this.#emitter.listen(listener);
  }

  async close(): Promise<void> {
    this.#watchdog.end();
    for (const { life } of this.#roster.members()) life.end();
    this.#gate.open();
    await Promise.allSettled(this.#running);
  }

  #isPrimary(): boolean {
    return this.#options.isPrimary?.() ?? true;
  }

  #place(request: PlacementRequest): NodeState {
    const nodes = [...this.#roster.nodes()].filter((node) => node.isValidated && node.isSeen);
    const [best] = schedule(request, nodes, this.#scheduling);
    if (!best) throw new SwarmError(500, "No nodes available in the cluster");
    return best;
  }

  async #moreNodes(signal: AbortSignal | undefined): Promise<boolean> {
    const isReading = [...this.#roster.nodes()].some((node) => node.status === "Healthy" && !node.isSeen);
    return isReading && this.#gate.wait(signal);
  }

  #open(addr: string, onOtherId: (newId: string) => boolean): Member {
    const member: Member = openMember(addr, {
      options: this.#options,
      tls: this.#tls,
      limiter: this.#limiter,
      index: this.#index,
      images: this.#images,
      networks: this.#networks,
      volumes: this.#volumes,
      packer: this.#packer,
      onChange: this.#onChange,
      onEngineEvent: (event) => {
        this.#stops.onEvent(event);
        this.#emitter.emit(withNode(event, member.node));
      },
      onTurn: (turn) => this.#onTurn(member.node, turn),
      onOtherId,
    });
    return member;
  }

  #onLeave(node: NodeState, isReplaced: boolean): void {
    this.#images.set(node, []);
    this.#networks.set(node, []);
    this.#volumes.set(node, []);
    this.#gate.open();
    this.#options.log.info(`Removed Engine ${node.name}`);
    if (isReplaced) {
      this.#emitter.emit(engineEvent("engine_disconnect", node, this.#options.clock.now()));
      this.#watchdog.replaced(node);
    } else if (node.isValidated) this.#onTurn(node, "disconnect");
    else this.#watchdog.left(node);
  }

  #onTurn(node: NodeState, turn: "connect" | "reconnect" | "disconnect"): void {
    this.#emitter.emit(engineEvent(`engine_${turn}`, node, this.#options.clock.now()));
    if (turn === "disconnect") this.#watchdog.lost(node);
    else {
      this.#gate.open();
      this.#watchdog.found(node);
    }
  }

  #track(job: Promise<void>): void {
    this.#running.add(job);
    void job.finally(() => this.#running.delete(job));
  }
}
