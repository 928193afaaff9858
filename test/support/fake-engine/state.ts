import {
  containerSummary,
  digestOf,
  type FakeContainer,
  type FakeImage,
  type FakeNetwork,
  type FakeVolume,
  hexId,
  isAlive,
  type Json,
  record,
  text,
} from "./objects.ts";

export interface FakeEngineSpecs {
  name: string;
  id: string;
  labels: string[];
  cpus: number;
  memoryBytes: number;
  version: string;
  apiVersion: string;
  minApiVersion: string;
  /** The engine's clock minus the real one. */
  clockSkewMs: number;
  /** Images that a pull finds. */
  registry: string[];
}

const eventsKept = 256;

/** Everything that one fake engine holds; no HTTP. */
export class FakeEngineState {
  readonly specs: FakeEngineSpecs;
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, FakeImage>();
  readonly networks = new Map<string, FakeNetwork>();
  readonly volumes = new Map<string, FakeVolume>();
  readonly execs = new Map<string, { containerId: string; config: Json; isRunning: boolean }>();
  readonly events: Json[] = [];
  readonly listeners = new Set<(event: Json) => void>();

  constructor(specs: FakeEngineSpecs, images: readonly string[]) {
    this.specs = specs;
    for (const tag of images) this.addImage(tag);
    for (const [name, driver] of [
      ["bridge", "bridge"],
      ["host", "host"],
      ["none", "null"],
    ] as const)
      this.addNetwork(name, driver, {});
  }

  now(): Date {
    return new Date(Date.now() + this.specs.clockSkewMs);
  }

  addImage(tag: string): FakeImage {
    const full = /:[^/]*$/.test(tag) ? tag : `${tag}:latest`;
    const id = `sha256:${digestOf(full)}`;
    const image = this.images.get(id) ?? {
      id,
      tags: [full],
      createdAt: new Date(Date.UTC(2026, 0, 15)),
      sizeBytes: 4_261_574,
    };
    this.images.set(id, image);
    return image;
  }

  addNetwork(
    name: string,
    driver: string,
    more: { labels?: Json; options?: Json; scope?: string },
  ): FakeNetwork {
    const network: FakeNetwork = {
      id: hexId(),
      name,
      driver,
      scope: more.scope ?? (driver === "overlay" ? "global" : "local"),
      labels: more.labels ?? {},
      options: more.options ?? {},
      createdAt: this.now(),
      subnet: driver === "bridge" ? "172.17.0.0/16" : "",
    };
    this.networks.set(network.id, network);
    return network;
  }

  /** By tag, id or id prefix. */
  findImage(reference: string): FakeImage | undefined {
    const tag = /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
    const plain = reference.replace(/^sha256:/, "");
    for (const image of this.images.values()) {
      if (image.tags.includes(tag) || image.id === reference) return image;
      if (/^[0-9a-f]{3,64}$/.test(plain) && image.id.startsWith(`sha256:${plain}`)) return image;
    }
    return undefined;
  }

  /** By id, name or unique id prefix, as the engine does. */
  findContainer(reference: string): FakeContainer | undefined {
    const exact = this.containers.get(reference);
    if (exact) return exact;
    const hits: FakeContainer[] = [];
    for (const container of this.containers.values()) {
      if (container.name === reference.replace(/^\//, "")) return container;
      if (container.id.startsWith(reference)) hits.push(container);
    }
    return hits.length === 1 ? hits[0] : undefined;
  }

  findNetwork(reference: string): FakeNetwork | undefined {
    for (const network of this.networks.values())
      if (network.id === reference || network.name === reference) return network;
    return undefined;
  }

  /** Makes a container without any check, as POST /containers/create does after its own. */
  addContainer(config: Json, name = "", state: FakeContainer["state"] = "created"): FakeContainer {
    const now = this.now();
    const id = hexId();
    const container: FakeContainer = {
      id,
      name: name || `clever_${id.slice(0, 8)}`,
      config,
      imageId: this.findImage(text(config["Image"]))?.id ?? "",
      state: "created",
      exitCode: 0,
      pid: 1000 + (Number.parseInt(id.slice(0, 4), 16) % 30000),
      createdAt: now,
      startedAt: undefined,
      finishedAt: undefined,
      logs: [],
      restartCount: 0,
    };
    this.containers.set(id, container);
    if (state !== "created") container.startedAt = now;
    if (state === "exited") container.finishedAt = now;
    container.state = state;
    return container;
  }

  start(container: FakeContainer): void {
    container.state = "running";
    container.startedAt = this.now();
    container.exitCode = 0;
    this.containerEvent(container, "start");
  }

  stop(container: FakeContainer, exitCode: number, signal: string): void {
    if (!isAlive(container)) return;
    this.containerEvent(container, "kill", { signal });
    container.state = "exited";
    container.exitCode = exitCode;
    container.finishedAt = this.now();
    this.containerEvent(container, "die", { exitCode: String(exitCode) });
  }

  remove(container: FakeContainer): void {
    this.containers.delete(container.id);
    this.containerEvent(container, "destroy");
  }

  containerEvent(container: FakeContainer, action: string, attributes: Json = {}): void {
    const image = text(container.config["Image"]);
    this.emit({
      status: action,
      id: container.id,
      from: image,
      Type: "container",
      Action: action,
      Actor: {
        ID: container.id,
        Attributes: { ...record(container.config["Labels"]), image, name: container.name, ...attributes },
      },
    });
  }

  emit(event: Json): void {
    const now = this.now().getTime();
    const whole = {
      ...event,
      scope: "local",
      time: Math.floor(now / 1000),
      timeNano: now * 1_000_000 + (this.events.length % 1000) * 1000,
    };
    this.events.push(whole);
    if (this.events.length > eventsKept) this.events.shift();
    for (const listener of this.listeners) listener(whole);
  }

  list(isAll: boolean, filters: Json): Json[] {
    const now = this.now();
    const ids = filterValues(filters, "id");
    const names = filterValues(filters, "name");
    const found: FakeContainer[] = [];
    const chosen =
      ids.length === 1 && ids[0]?.length === 64
        ? [this.containers.get(ids[0])].filter((one) => one !== undefined)
        : this.containers.values();
    for (const container of chosen) {
      if (!isAll && !isAlive(container)) continue;
      if (ids.length > 0 && !ids.some((id) => container.id.startsWith(id))) continue;
      if (names.length > 0 && !names.some((name) => container.name.includes(name.replace(/^\//, ""))))
        continue;
      found.push(container);
    }
    found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    return found.map((container) => containerSummary(container, this.networks, now));
  }
}

/** The values of one key in both forms that engines accept: a list, or an object of true. */
export function filterValues(filters: Json, key: string): string[] {
  const values = filters[key];
  if (Array.isArray(values)) return values.filter((value) => typeof value === "string");
  return Object.keys(record(values));
}
