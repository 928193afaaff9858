import { isJson, listAt, numberAt, objectAt, textAt, textMapAt, textsAt } from "../scheduler/json.ts";
import type { Json, PlacedContainer } from "../scheduler/model.ts";
import { boundPorts, expressionList, swarmLabels } from "../scheduler/request.ts";
import type { ClusterContainer } from "./cluster.ts";
import { type ContainerLife, lifeOf } from "./container-life.ts";
import type { NodeState } from "./node-state.ts";
import type { Packed } from "./packer.ts";

/** The engine's inspect answer, parsed for a moment and packed for good. */
export interface Inspected {
  readonly json: Json;
  readonly packed: Packed;
}

/** One container at last sight: JSON kept as text, what scheduling and look-ups need beside it. */
export class ContainerEntry implements ClusterContainer {
  readonly id: string;
  readonly node: NodeState;
  readonly state: string;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly swarmId: string;
  readonly placed: PlacedContainer;
  readonly life: ContainerLife;
  /** Position in the order in which the manager saw things of this node. */
  readonly seenAt: number;
  readonly #summaryText: string;
  readonly #status: string;
  readonly #inspect: Packed | undefined;

  constructor(node: NodeState, summary: Json, inspect: Inspected | undefined) {
    this.node = node;
    this.id = textAt(summary, "Id");
    this.image = textAt(objectAt(inspect?.json, "Config"), "Image") || textAt(summary, "Image");
    this.state = stateOf(summary, inspect?.json);
    this.createdAt = numberAt(summary, "Created");
    this.labels = textMapAt(summary, "Labels");
    this.swarmId = this.labels[swarmLabels.id] ?? "";
    this.#status = textAt(summary, "Status");
    this.#summaryText = JSON.stringify({ ...summary, Status: "" });
    this.#inspect = inspect?.packed;
    this.placed = placedOf(this, summary, inspect?.json, node.cpus);
    this.life = lifeOf(summary, inspect?.json);
    this.seenAt = node.nextSight();
  }

  get names(): readonly string[] {
    return this.placed.names.map((name) => `/${name}`);
  }

  get summary(): Json {
    const parsed: unknown = JSON.parse(this.#summaryText);
    return isJson(parsed) ? { ...parsed, Status: this.#status } : {};
  }

  get inspect(): Json | undefined {
    if (!this.#inspect) return undefined;
    const parsed: unknown = JSON.parse(this.#inspect.bytes().toString("utf8"));
    return isJson(parsed) ? parsed : undefined;
  }

  get isInspected(): boolean {
    return this.#inspect !== undefined;
  }

  get isRunning(): boolean {
    return this.state === "running" || this.state === "restarting" || this.state === "paused";
  }

  /** Whether the cluster is to make it anew elsewhere when its engine is lost. */
  get isReschedulable(): boolean {
    const policies = expressionList(this.labels[swarmLabels.reschedule]);
    return policies.includes("on-node-failure");
  }

  /** The first name without its slash; "" where it has none. */
  get name(): string {
    return this.placed.names[0] ?? "";
  }

  /** Whether a list entry shows the same container unchanged, its running times aside. */
  isSameAs(summary: Json): boolean {
    if (this.state === "restarting") return false;
    if (healthOf(this.#status) !== healthOf(textAt(summary, "Status"))) return false;
    return this.#summaryText === JSON.stringify({ ...summary, Status: "" });
  }
}

function healthOf(status: string): string {
  return /\((?:healthy|unhealthy|health: starting|Paused)\)/.exec(status)?.[0] ?? "";
}

function stateOf(summary: Json, inspect: Json | undefined): string {
  const state = textAt(objectAt(inspect, "State"), "Status") || textAt(summary, "State");
  if (state !== "") return state;
  const status = textAt(summary, "Status");
  if (status.startsWith("Up")) return status.includes("(Paused)") ? "paused" : "running";
  return status === "" || status === "Created" ? "created" : "exited";
}

function placedOf(
  entry: ContainerEntry,
  summary: Json,
  inspect: Json | undefined,
  nodeCpus: number,
): PlacedContainer {
  const host = objectAt(inspect, "HostConfig");
  const ports = boundPorts(host).filter(({ port }) => port !== "");
  const actual = objectAt(objectAt(inspect, "NetworkSettings"), "Ports");
  for (const bindings of Object.values(actual)) {
    for (const binding of listAt({ bindings }, "bindings")) {
      const held = objectAt({ binding }, "binding");
      const port = textAt(held, "HostPort");
      const ip = textAt(held, "HostIp");
      if (port !== "" && !ports.some((one) => one.port === port && one.ip === ip)) ports.push({ port, ip });
    }
  }
  return {
    id: entry.id,
    names: textsAt(summary, "Names").map((name) => name.replace(/^\//, "")),
    image: entry.image,
    imageId: textAt(summary, "ImageID"),
    labels: entry.labels,
    cpus: Math.floor((numberAt(host, "CpuShares") * nodeCpus) / 1024),
    memoryBytes: numberAt(host, "Memory"),
    networkMode: textAt(host, "NetworkMode") || textAt(objectAt(summary, "HostConfig"), "NetworkMode"),
    hostPorts: ports,
    exposedPorts: Object.keys(objectAt(objectAt(inspect, "Config"), "ExposedPorts")),
  };
}
