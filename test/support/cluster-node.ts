import { ContainerEntry, type Inspected } from "../../src/swarm/cluster/container-entry.ts";
import { ContainerIndex } from "../../src/swarm/cluster/container-index.ts";
import { NodeState } from "../../src/swarm/cluster/node-state.ts";
import { Packer } from "../../src/swarm/cluster/packer.ts";
import type { EngineClient } from "../../src/swarm/engine/client.ts";
import type { Json } from "../../src/swarm/scheduler/model.ts";

const refuse = () => Promise.reject(new Error("this node has no engine"));

const noClient: EngineClient = {
  addr: "",
  apiVersion: "1.45",
  minApiVersion: "1.24",
  maxApiVersion: "1.45",
  json: refuse,
  read: refuse,
  stream: refuse,
  connect: refuse,
  nearestApiVersion: () => "1.45",
  close: () => undefined,
};

/** A validated, Healthy node without an engine behind it. */
export function clusterNode(
  name: string,
  index = new ContainerIndex(),
  labels: Record<string, string> = {},
): NodeState {
  const node = new NodeState({
    addr: `${name}:2375`,
    client: noClient,
    failureRetry: 3,
    overcommitPercent: 5,
    index,
    onChange: () => undefined,
  });
  node.setSpecs({
    id: `ID-${name}|${name}:2375`,
    name,
    cpus: 4,
    memoryBytes: 1000,
    labels,
    serverVersion: "26.1.5",
    clockDeltaMs: 0,
    systemTime: "",
  });
  node.isValidated = true;
  node.isSeen = true;
  node.status = "Healthy";
  return node;
}

export interface EntryFields {
  id: string;
  name: string;
  swarmId?: string;
  labels?: Record<string, string>;
  state?: string;
  createdAt?: number;
  /** HostConfig as the engine inspects it. */
  host?: Json;
  config?: Json;
  networks?: Json;
  ports?: Json;
}

const packer = new Packer();

/** Puts a container that was listed and inspected onto a node. */
export function putContainer(node: NodeState, fields: EntryFields): ContainerEntry {
  const { id, name, swarmId, state = "running" } = fields;
  const labels = { ...fields.labels, ...(swarmId === undefined ? {} : { "com.docker.swarm.id": swarmId }) };
  const summary = {
    Id: id,
    Names: [`/${name}`],
    Image: "busybox",
    ImageID: "sha256:1",
    Created: fields.createdAt ?? 1000,
    Labels: labels,
    State: state,
    Status: state === "running" ? "Up 3 seconds" : "Exited (0) 1 second ago",
    NetworkSettings: { Networks: fields.networks ?? {} },
  };
  const json: Json = {
    Id: id,
    State: { Status: state },
    Config: { Image: "busybox", Labels: labels, Hostname: id.slice(0, 12), ...fields.config },
    HostConfig: { NetworkMode: "default", ...fields.host },
    NetworkSettings: { Ports: fields.ports ?? {}, Networks: fields.networks ?? {} },
  };
  const inspected: Inspected = { json, packed: packer.pack(Buffer.from(JSON.stringify(json))) };
  const entry = new ContainerEntry(node, summary, inspected);
  node.put(entry);
  return entry;
}

/** 64 hex digits that begin so. */
export const hexId = (start: string): string => start.padEnd(64, "0");
