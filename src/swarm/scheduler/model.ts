/** JSON of the Docker API as a client sent it; every key is kept, known ones are read with care. */
export type Json = Record<string, unknown>;

/** One placed (or pending) container as the scheduler sees it. */
export interface PlacedContainer {
  /** "" while it is being created. */
  readonly id: string;
  /** Without the leading slash; the first is its own, others are links. */
  readonly names: readonly string[];
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** CPUs (not shares) and bytes that it reserves, running or not. */
  readonly cpus: number;
  readonly memoryBytes: number;
  /** NetworkMode as given: "host", "bridge", "container:x", a network's name. */
  readonly networkMode: string;
  /** Host ports it asked for or has: [port, host IP]. */
  readonly hostPorts: readonly { readonly port: string; readonly ip: string }[];
  /** Keys of ExposedPorts ("80/tcp"), which count in host mode. */
  readonly exposedPorts: readonly string[];
}

export interface PlacedImage {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
}

/** The scheduler's view of one engine. Totals include overcommit; used counts pending containers too. */
export interface SchedulerNode {
  /** "<engine id>|<addr>" */
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly addr: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0 (out) to 100. */
  readonly healthIndicator: number;
  /** Takes new containers; false while drained. */
  readonly isActive: boolean;
  readonly totalCpus: number;
  readonly totalMemoryBytes: number;
  readonly usedCpus: number;
  readonly usedMemoryBytes: number;
  /** All states, pending ones too. */
  readonly containerCount: number;
  containers(): Iterable<PlacedContainer>;
  images(): Iterable<PlacedImage>;
  /** Indexed look-ups, so that no filter walks all containers. */
  hasContainer(idOrName: string): boolean;
  containersUsingPort(port: string): Iterable<PlacedContainer>;
}
