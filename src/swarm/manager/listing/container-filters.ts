import type { Cluster, ClusterContainer } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, listAt, objectAt, textAt } from "../../scheduler/json.ts";
import { compilePattern } from "../../scheduler/pattern.ts";
import { type Filters, hasLabel } from "../query-filters.ts";
import { imageTest } from "./ancestor-filter.ts";
import { portTest } from "./port-filter.ts";
import type { Row } from "./rows.ts";

type Test = (row: Row) => boolean;
type TestOf = (value: string, cluster: Cluster) => Test;

/** Text that means itself in a regular expression. */
const literal = /^[\w:/ -]*$/;

/** One test per value; a row passes a key when it passes any of its values (all of them for labels). */
const tests: Readonly<Record<string, TestOf>> = {
  name: (value) => {
    if (literal.test(value)) {
      // found in the longest form of a name whenever it is found in any
      return ({ container }) => `/${container.node.name}${container.names[0] ?? ""}`.includes(value);
    }
    const matches = patternTest("name", value);
    return ({ container }) => {
      const [first = ""] = container.names;
      const name = first.replace(/^\//, "");
      const { name: node } = container.node;
      return (
        matches(name) || matches(`/${name}`) || matches(`${node}/${name}`) || matches(`/${node}/${name}`)
      );
    };
  },
  id: (value) => {
    const matches = patternTest("id", value);
    return ({ container }) => container.id.startsWith(value) || matches(container.id);
  },
  label: (value) => (row) => hasLabel(row.container.labels, value),
  status: (value) => {
    if (!states.has(value)) throw new SwarmError(400, `invalid value for status filter: "${value}"`);
    return (row) => row.container.state === value;
  },
  node: (value) => {
    const matches = patternTest("node", value);
    return ({ container: { node } }) => matches(node.name) || node.id === value;
  },
  health: (value) => (row) => (row.container.life.health || "none") === value,
  exited: (value) => {
    const code = Number(value);
    if (value.trim() === "" || !Number.isInteger(code))
      throw new SwarmError(400, `invalid exit code "${value}"`);
    return ({ container }) => container.state === "exited" && container.life.exitCode === code;
  },
  "is-task": (value) => {
    const wanted = /^(?:1|t|true)$/i.test(value);
    return ({ container }) => Object.hasOwn(container.labels, "com.docker.swarm.task") === wanted;
  },
  volume: (value) => (row) => usesVolume(row.container, value),
  network: (value, cluster) => {
    const id = textAt(cluster.network(value)?.summary, "Id");
    return (row) => isOnNetwork(row.container, value, id);
  },
  ancestor: (value, cluster) => imageTest(value, cluster),
  before: (value, cluster) => {
    const limit = createdOf(cluster, value);
    return (row) => row.createdMs < limit;
  },
  since: (value, cluster) => {
    const limit = createdOf(cluster, value);
    return (row) => row.createdMs > limit;
  },
  publish: (value) => portTest(value, "PublicPort"),
  expose: (value) => portTest(value, "PrivatePort"),
};

const states: ReadonlySet<string> = new Set([
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
]);

/** Makes one test of all filters. @throws SwarmError 400 for a bad value, 404 for a container that is not there */
export function containerTest(filters: Filters, cluster: Cluster): Test {
  const all: Test[] = [];
  for (const [key, testOf] of Object.entries(tests)) {
    if (!filters.has(key)) continue;
    const made = filters.get(key).map((value) => testOf(value, cluster));
    all.push(
      key === "label" ? (row) => made.every((test) => test(row)) : (row) => made.some((test) => test(row)),
    );
  }
  return (row) => all.every((test) => test(row));
}

function patternTest(key: string, source: string): (text: string) => boolean {
  const pattern = compilePattern(source);
  if (!pattern) throw new SwarmError(400, `invalid regular expression in filter ${key}: "${source}"`);
  return (text) => pattern.matches(text);
}

function usesVolume(container: ClusterContainer, wanted: string): boolean {
  const name = wanted.startsWith(`${container.node.name}/`)
    ? wanted.slice(container.node.name.length + 1)
    : wanted;
  return listAt(container.summary, "Mounts").some(
    (mount) =>
      isJson(mount) &&
      (textAt(mount, "Name") === name ||
        textAt(mount, "Destination") === wanted ||
        textAt(mount, "Source") === wanted),
  );
}

function isOnNetwork(container: ClusterContainer, wanted: string, id: string): boolean {
  const networks = objectAt(objectAt(container.summary, "NetworkSettings"), "Networks");
  return Object.entries(networks).some(([name, endpoint]) => {
    if (name === wanted || `${container.node.name}/${name}` === wanted) return true;
    const networkId = isJson(endpoint) ? textAt(endpoint, "NetworkID") : "";
    return networkId !== "" && (networkId === id || networkId === wanted);
  });
}

/** When the container that a filter names was made, by the manager's clock. */
export function createdOf(cluster: Cluster, name: string): number {
  const container = cluster.container(name);
  if (!container) throw new SwarmError(404, `No such container ${name}`);
  return container.life.createdMs + container.node.clockDeltaMs;
}
