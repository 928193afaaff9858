import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { AppError } from "../../kit/errors.ts";

/** Flags by name, each with its values and the place of its key. */
export type GivenFlags = ReadonlyMap<string, { readonly values: readonly string[]; readonly at: string }>;

export interface WantedMachine {
  readonly name: string;
  /** "" for the default one. */
  readonly driver: string;
  readonly flags: GivenFlags;
  /** "compose.yaml:3:5" */
  readonly at: string;
}

export interface WantedCluster extends WantedMachine {
  readonly masters: number;
  readonly nodes: number;
}

/** The block `x-machine` of a compose file. */
export interface WantedMachines {
  readonly clusters: readonly WantedCluster[];
  readonly machines: readonly WantedMachine[];
  /** The cluster or machine that the services are for. */
  readonly use: string;
}

/** What may stand in a cluster or machine besides `flags`, as flags of create. */
const shorthands: Readonly<Record<string, string>> = {
  labels: "engine-label",
  strategy: "swarm-strategy",
  options: "swarm-opt",
  discovery: "swarm-discovery",
  image: "swarm-image",
};

/**
 * Reads and checks `x-machine`.
 * @returns undefined where the file has none
 * @throws COMPOSE_INVALID with file, line and column of every mistake
 */
export function readMachineBlock(file: string, text: string): WantedMachines | undefined {
  return new BlockReader(file, text).read();
}

class BlockReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #mistakes: string[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(): WantedMachines | undefined {
    const document = parseDocument(this.#text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
    });
    for (const error of document.errors)
      this.#mistakes.push(`${this.#place(error.pos[0])}: ${error.message}`);
    if (this.#mistakes.length > 0) throw invalid(this.#mistakes);
    const root = document.contents;
    const block = isMap(root) ? this.#value(root, "x-machine") : undefined;
    if (block === undefined) return undefined;
    const entries = this.#entries(block, "x-machine", ["clusters", "machines", "use"]);
    const clusters = this.#all(entries.get("clusters"), "clusters", (name, node, at) =>
      this.#cluster(name, node, at),
    );
    const machines = this.#all(entries.get("machines"), "machines", (name, node, at) =>
      this.#machine(name, node, at),
    );
    const use = this.#use(entries.get("use"), clusters, machines, block);
    if (this.#mistakes.length > 0) throw invalid(this.#mistakes);
    return { clusters, machines, use };
  }

  #use(
    node: unknown,
    clusters: readonly WantedCluster[],
    machines: readonly WantedMachine[],
    block: unknown,
  ): string {
    const names = [...clusters, ...machines].map(({ name }) => name);
    if (node !== undefined) {
      const use = this.#string(node, "use");
      if (use !== "" && !names.includes(use))
        this.#mistake(node, `"use" names "${use}"; there are: ${names.join(", ")}`);
      return use;
    }
    const [only, ...more] = clusters.length > 0 ? clusters : machines;
    if (only === undefined) this.#mistake(block, '"x-machine" names neither clusters nor machines');
    if (more.length > 0) this.#mistake(block, '"use" must say which of them the services are for');
    return only?.name ?? "";
  }

  #cluster(name: string, node: unknown, at: string): WantedCluster {
    const allowed = ["driver", "masters", "nodes", "flags", ...Object.keys(shorthands)];
    const entries = this.#entries(node, name, allowed);
    return {
      name,
      at,
      driver: this.#string(entries.get("driver"), "driver"),
      masters: this.#count(entries.get("masters"), "masters", 1, 1),
      nodes: this.#count(entries.get("nodes"), "nodes", 2, 0),
      flags: this.#flags(entries),
    };
  }

  #machine(name: string, node: unknown, at: string): WantedMachine {
    const entries = this.#entries(node, name, ["driver", "flags", "labels"]);
    return { name, at, driver: this.#string(entries.get("driver"), "driver"), flags: this.#flags(entries) };
  }

  #flags(entries: ReadonlyMap<string, unknown>): GivenFlags {
    const flags = new Map<string, { values: readonly string[]; at: string }>();
    for (const [key, flag] of Object.entries(shorthands)) {
      const node = entries.get(key);
      if (node !== undefined) flags.set(flag, { values: this.#texts(node, key), at: this.#placeOf(node) });
    }
    const own = entries.get("flags");
    if (own === undefined) return flags;
    for (const [name, node] of this.#entries(own, "flags")) {
      flags.set(name.replace(/^--/, ""), { values: this.#texts(node, name), at: this.#placeOf(node) });
    }
    return flags;
  }

  #all<T>(node: unknown, what: string, make: (name: string, node: unknown, at: string) => T): T[] {
    if (node === undefined) return [];
    return [...this.#entries(node, what)].map(([name, value]) => {
      if (!/^[a-zA-Z0-9][a-zA-Z0-9.-]*$/.test(name))
        this.#mistake(value, `"${name}" is no name for a machine`);
      return make(name, value, this.#placeOf(value));
    });
  }

  /** The keys of a mapping; an empty value is an empty mapping. */
  #entries(node: unknown, what: string, allowed?: readonly string[]): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    if (node === undefined || (isScalar(node) && node.value === null)) return entries;
    if (!isMap(node)) {
      this.#mistake(node, `"${what}" must be a mapping`);
      return entries;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? scalarText(key.value) : "";
      if (allowed !== undefined && !allowed.includes(name)) {
        this.#mistake(key, `"${what}" has no "${name}"; it may have ${allowed.join(", ")}`);
      } else entries.set(name, value ?? undefined);
    }
    return entries;
  }

  #value(map: YAMLMap, name: string): unknown {
    const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
    return pair === undefined ? undefined : (pair.value ?? pair.key);
  }

  #string(node: unknown, what: string): string {
    if (node === undefined) return "";
    if (isScalar(node) && typeof node.value === "string") return node.value;
    this.#mistake(node, `"${what}" must be a text`);
    return "";
  }

  #count(node: unknown, what: string, fallback: number, least: number): number {
    if (node === undefined) return fallback;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
    this.#mistake(node, `"${what}" must be a whole number from ${least} on`);
    return fallback;
  }

  /** One value, a list of them, or a mapping that means KEY=VALUE. */
  #texts(node: unknown, what: string): string[] {
    if (isScalar(node) && node.value !== null) return [scalarText(node.value)];
    if (isSeq(node)) return node.items.flatMap((item) => this.#texts(item, what));
    if (isMap(node)) {
      return node.items.flatMap(({ key, value }) =>
        isScalar(key) && isScalar(value)
          ? [`${scalarText(key.value)}=${scalarText(value.value)}`]
          : this.#texts(key, what),
      );
    }
    this.#mistake(node, `"${what}" needs a value`);
    return [];
  }

  #mistake(node: unknown, message: string): void {
    this.#mistakes.push(`${this.#placeOf(node)}: ${message}`);
  }

  #placeOf(node: unknown): string {
    const range = isNode(node) ? node.range : undefined;
    return this.#place(range?.[0] ?? 0);
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }
}

function scalarText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

const isNode = (node: unknown): node is Node => isMap(node) || isSeq(node) || isScalar(node);

/** @param mistakes each with its place */
export const invalid = (mistakes: readonly string[]) =>
  new AppError("COMPOSE_INVALID", mistakes.join("\n"), {
    exitCode: 2,
    hint: "docs/compose.md says what x-machine may hold",
  });
