import { textAt, textsAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { NodeState } from "./node-state.ts";
import { MultiMap, PrefixIndex } from "./prefix-index.ts";

/** An image, network or volume as one engine has it. */
export interface Resource {
  readonly node: NodeState;
  readonly summary: Json;
}

/** Resources of one kind on all engines, by the ids and names they go by. */
class ResourceIndex {
  readonly #perNode = new Map<NodeState, readonly Resource[]>();
  protected readonly ids = new PrefixIndex<Resource>();
  protected readonly names = new MultiMap<Resource>();
  readonly #idOf: (summary: Json) => string;
  readonly #namesOf: (summary: Json) => readonly string[];

  constructor(idOf: (summary: Json) => string, namesOf: (summary: Json) => readonly string[]) {
    this.#idOf = idOf;
    this.#namesOf = namesOf;
  }

  /** Replaces all that a node has. */
  set(node: NodeState, summaries: readonly Json[]): void {
    for (const old of this.#perNode.get(node) ?? []) {
      this.ids.delete(this.#idOf(old.summary), old);
      for (const name of this.#namesOf(old.summary)) this.names.delete(name, old);
    }
    const resources = summaries.map((summary) => ({ node, summary }));
    for (const resource of resources) {
      this.ids.add(this.#idOf(resource.summary), resource);
      for (const name of this.#namesOf(resource.summary)) this.names.add(name, resource);
    }
    if (resources.length > 0) this.#perNode.set(node, resources);
    else this.#perNode.delete(node);
  }

  *all(): Iterable<Resource> {
    for (const resources of this.#perNode.values()) yield* resources;
  }

  of(node: NodeState): readonly Resource[] {
    return this.#perNode.get(node) ?? [];
  }

  /** `name`, `/name`, `node/name` or `nodeid/name`. */
  protected named(reference: string): Set<Resource> {
    const name = reference.replace(/^\//, "");
    const found = new Set(this.names.get(name));
    const slash = name.indexOf("/");
    const node = name.slice(0, Math.max(0, slash));
    for (const resource of slash > 0 ? this.names.get(name.slice(slash + 1)) : [])
      if (resource.node.name === node || resource.node.id === node) found.add(resource);
    return found;
  }
}

export class NetworkIndex extends ResourceIndex {
  constructor() {
    super(
      (summary) => textAt(summary, "Id"),
      (summary) => [textAt(summary, "Name")],
    );
  }

  /** Full or 12-digit id, then name, then id prefix; names and prefixes must mean one network id. */
  find(reference: string): Resource | undefined {
    if (reference === "") return undefined;
    const [exact] = this.ids.exact(reference);
    if (exact) return exact;
    const short = reference.length === 12 ? this.ids.withPrefix(reference, 1)[0] : undefined;
    if (short) return short;
    const named = this.named(reference);
    if (named.size > 0) return onlyId(named);
    return onlyId(this.ids.withPrefix(reference, 100));
  }
}

function onlyId(resources: Iterable<Resource>): Resource | undefined {
  const byId = new Map<string, Resource>();
  for (const resource of resources) byId.set(textAt(resource.summary, "Id"), resource);
  const [only] = byId.values();
  return byId.size === 1 ? only : undefined;
}

export class VolumeIndex extends ResourceIndex {
  constructor() {
    super(
      (summary) => textAt(summary, "Name"),
      (summary) => [textAt(summary, "Name")],
    );
  }

  /** By name; among several the first that is not of the local driver. */
  find(reference: string): Resource | undefined {
    const [first, ...more] = this.named(reference);
    if (first === undefined || more.length === 0) return first;
    return [first, ...more].find((volume) => textAt(volume.summary, "Driver") !== "local");
  }
}

export class ImageIndex extends ResourceIndex {
  constructor() {
    super((summary) => textAt(summary, "Id").replace(/^sha256:/, ""), imageNames);
  }

  /** Id, id prefix of at least three digits, repo[:tag] (no tag: any) or repo@digest. */
  find(reference: string): readonly Resource[] {
    const id = reference.replace(/^sha256:/, "");
    const exact = this.ids.exact(id);
    if (exact.length > 0) return exact;
    const found = new Set(this.names.get(reference.replace(/^docker\.io\/(?:library\/)?/, "")));
    if (/^[0-9a-f]{3,64}$/.test(id))
      for (const image of this.ids.withPrefix(id, Number.POSITIVE_INFINITY)) found.add(image);
    return [...found];
  }
}

function imageNames(summary: Json): readonly string[] {
  const names = new Set<string>();
  for (const tag of textsAt(summary, "RepoTags")) {
    names.add(tag);
    const colon = tag.lastIndexOf(":");
    if (colon > tag.lastIndexOf("/")) names.add(tag.slice(0, colon));
  }
  for (const digest of textsAt(summary, "RepoDigests")) names.add(digest);
  names.delete("<none>:<none>");
  names.delete("<none>");
  return [...names];
}
