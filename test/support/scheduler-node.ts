import type { PlacedContainer, PlacedImage, SchedulerNode } from "../../src/swarm/scheduler/model.ts";
import type { PlacementRequest } from "../../src/swarm/scheduler/request.ts";

/** A node whose containers can be added to, as creates that are under way do. */
export class TestNode implements SchedulerNode {
  readonly id: string;
  readonly name: string;
  readonly ip = "127.0.0.1";
  readonly addr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly healthIndicator: number;
  readonly isActive: boolean;
  readonly totalCpus: number;
  readonly totalMemoryBytes: number;
  readonly placed: PlacedContainer[] = [];
  readonly placedImages: PlacedImage[] = [];

  constructor(
    name: string,
    more: {
      labels?: Record<string, string>;
      healthIndicator?: number;
      isActive?: boolean;
      cpus?: number;
      memoryBytes?: number;
    } = {},
  ) {
    this.name = name;
    this.addr = `${name}:2375`;
    this.id = `ID-${name}|${this.addr}`;
    this.labels = more.labels ?? {};
    this.healthIndicator = more.healthIndicator ?? 100;
    this.isActive = more.isActive ?? true;
    this.totalCpus = more.cpus ?? 4;
    this.totalMemoryBytes = more.memoryBytes ?? 1000;
  }

  get usedCpus(): number {
    return this.placed.reduce((sum, one) => sum + one.cpus, 0);
  }

  get usedMemoryBytes(): number {
    return this.placed.reduce((sum, one) => sum + one.memoryBytes, 0);
  }

  get containerCount(): number {
    return this.placed.length;
  }

  containers(): Iterable<PlacedContainer> {
    return this.placed;
  }

  images(): Iterable<PlacedImage> {
    return this.placedImages;
  }

  hasContainer(idOrName: string): boolean {
    return this.placed.some((one) => one.id === idOrName || one.names.includes(idOrName));
  }

  containersUsingPort(port: string): Iterable<PlacedContainer> {
    return this.placed.filter(
      (one) => one.hostPorts.some((held) => held.port === port) || one.exposedPorts.includes(port),
    );
  }
}

export function placedContainer(more: Partial<PlacedContainer> = {}): PlacedContainer {
  return {
    id: "f00d",
    names: ["c1"],
    image: "busybox",
    imageId: "sha256:1",
    labels: {},
    cpus: 0,
    memoryBytes: 0,
    networkMode: "default",
    hostPorts: [],
    exposedPorts: [],
    ...more,
  };
}

export function placementRequest(more: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    cpus: 0,
    memoryBytes: 0,
    networkMode: "default",
    hostPorts: [],
    exposedPorts: [],
    dependencies: [],
    constraints: [],
    affinities: [],
    whitelists: [],
    ...more,
  };
}
