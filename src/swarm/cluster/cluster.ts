import type { EngineClient } from "../engine/client.ts";
import type { Json } from "../scheduler/model.ts";
import type { ContainerLife } from "./container-life.ts";

export type NodeStatus = "Pending" | "Healthy" | "Unhealthy" | "Disconnected";

/** One engine of the cluster as `info`, events and rewrites show it. */
export interface ClusterNode {
  /** "<engine id>|<addr>"; "" before it was ever validated. */
  readonly id: string;
  /** "(unknown)" before it was ever validated. */
  readonly name: string;
  readonly addr: string;
  readonly ip: string;
  readonly status: NodeStatus;
  readonly availability: "active" | "drain";
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly totalCpus: number;
  readonly totalMemoryBytes: number;
  readonly usedCpus: number;
  readonly usedMemoryBytes: number;
  readonly containerCounts: {
    readonly all: number;
    readonly running: number;
    readonly paused: number;
    readonly stopped: number;
  };
  readonly imageCount: number;
  /** Why it is not Healthy, with the next try; "" when all is well. */
  readonly error: string;
  /** ms since 1970. */
  readonly updatedAt: number;
  readonly serverVersion: string;
  /** Clock of the manager minus the engine's, ms; 0 below 2 s. */
  readonly clockDeltaMs: number;
  /** Requests to this engine; counts failures and successes toward its health. */
  readonly client: EngineClient;
}

/**
 * A container in the cache. Objects are never changed: a change on the engine puts a new object in the old one's place,
 * so what is derived from one can be kept in a WeakMap. `summary` and `inspect` are parsed anew at each read.
 */
export interface ClusterContainer {
  readonly id: string;
  /** Label com.docker.swarm.id; "" when it has none. */
  readonly swarmId: string;
  /** With leading slash, as the engine lists them. */
  readonly names: readonly string[];
  readonly node: ClusterNode;
  /** "created", "running", "paused", "restarting", "exited", "dead", "removing". */
  readonly state: string;
  /** Seconds since 1970 by the engine's clock, as in the list entry. */
  readonly createdAt: number;
  /** Its times and states, for what is shown of it; read once, unlike `inspect`. */
  readonly life: ContainerLife;
  /** All labels of its config. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image as it was named at create. */
  readonly image: string;
  /** The engine's own list entry (containers/json), every field kept. */
  readonly summary: Json;
  /** The engine's own inspect answer at last sight; undefined only while it is fetched. */
  readonly inspect: Json | undefined;
}

export interface ClusterImage {
  readonly node: ClusterNode;
  readonly summary: Json;
}
export interface ClusterNetwork {
  readonly node: ClusterNode;
  readonly summary: Json;
}
export interface ClusterVolume {
  readonly node: ClusterNode;
  readonly summary: Json;
}

/** An engine's event, or one of the manager's own, with node fields added as swarm-api.md says. */
export type ClusterEvent = Json;

export interface CreateRequest {
  /** Without slash; "" lets the engine choose. */
  name: string;
  /** Body of the client's POST /containers/create, whole. */
  config: Json;
  /** X-Registry-Auth of the client, passed to pulls. */
  registryAuth: string | undefined;
  /** Query and API version of the client's request. */
  apiVersion: string;
  platform?: string;
  signal?: AbortSignal;
}

/**
 * The pool of engines: what is where, and where new things go. All look-ups are indexed.
 * Errors are SwarmError with the HTTP status that the API answers.
 */
export interface Cluster {
  /** Grows with each change of a node, container, image, network or volume: what was derived at the same number is still right. */
  readonly revision: number;
  nodes(): readonly ClusterNode[];
  node(idOrNameOrAddr: string): ClusterNode | undefined;
  containers(): Iterable<ClusterContainer>;
  /** By id, swarm id, name, node/name or unique prefix, in the order of swarm-api.md. */
  container(idOrName: string): ClusterContainer | undefined;
  images(): Iterable<ClusterImage>;
  /** Every node's copy that matches id, id prefix, repo[:tag] or digest. */
  findImages(reference: string): readonly ClusterImage[];
  networks(): Iterable<ClusterNetwork>;
  network(idOrName: string): ClusterNetwork | undefined;
  volumes(): Iterable<ClusterVolume>;
  volume(name: string): ClusterVolume | undefined;
  /** Places, creates (pulling where missing) and caches; @returns the container and the engine's warnings */
  createContainer(
    request: CreateRequest,
  ): Promise<{ container: ClusterContainer; warnings: readonly string[] }>;
  removeContainer(
    container: ClusterContainer,
    options: { force: boolean; volumes: boolean; apiVersion: string },
  ): Promise<void>;
  renameContainer(container: ClusterContainer, name: string): Promise<void>;
  /** A node for work that is not a container (build, network, search): filters and strategy over `config`. */
  selectNode(config: Json): ClusterNode;
  refreshContainer(container: ClusterContainer): Promise<void>;
  refreshImages(node: ClusterNode): Promise<void>;
  refreshNetworks(node: ClusterNode): Promise<void>;
  refreshVolumes(node: ClusterNode): Promise<void>;
  refreshAll(node: ClusterNode): Promise<void>;
  rememberExec(execId: string, container: ClusterContainer): void;
  execContainer(execId: string): ClusterContainer | undefined;
  setAvailability(node: ClusterNode, availability: "active" | "drain"): Promise<void>;
  /** @returns a function that ends the subscription */
  onEvent(listener: (event: ClusterEvent) => void): () => void;
  readonly strategyName: string;
  readonly filterNames: readonly string[];
  close(): Promise<void>;
}

/** A cluster as its owner holds it: discovery feeds `setEntries`, everybody else sees a Cluster. */
export interface ManagedCluster extends Cluster {
  /** The complete list of "host:port" that discovery knows; engines not in it leave. */
  setEntries(addrs: readonly string[]): void;
  /** The complete list of drained addresses; engines not in it are active. */
  setDrained(addrs: readonly string[]): void;
}
