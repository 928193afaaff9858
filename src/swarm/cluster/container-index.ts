import type { ContainerEntry } from "./container-entry.ts";
import { MultiMap, PrefixIndex } from "./prefix-index.ts";

/** All containers of the cluster under everything a client may call them. */
export class ContainerIndex {
  readonly #ids = new PrefixIndex<ContainerEntry>();
  readonly #swarmIds = new PrefixIndex<ContainerEntry>();
  /** Without the leading slash; links' names too. */
  readonly #names = new MultiMap<ContainerEntry>();

  add(entry: ContainerEntry): void {
    this.#ids.add(entry.id, entry);
    if (entry.swarmId !== "") this.#swarmIds.add(entry.swarmId, entry);
    for (const name of entry.placed.names) this.#names.add(name, entry);
  }

  delete(entry: ContainerEntry): void {
    this.#ids.delete(entry.id, entry);
    if (entry.swarmId !== "") this.#swarmIds.delete(entry.swarmId, entry);
    for (const name of entry.placed.names) this.#names.delete(name, entry);
  }

  isNameTaken(name: string): boolean {
    return this.#names.get(name).length > 0;
  }

  withSwarmId(swarmId: string): readonly ContainerEntry[] {
    return this.#swarmIds.exact(swarmId);
  }

  /**
   * Full or 12-digit id, then swarm id, then name (with node or without), then a prefix of either id; names and prefixes
   * only where they mean one container.
   */
  find(reference: string): ContainerEntry | undefined {
    if (reference === "") return undefined;
    const byId = this.#byId(this.#ids, reference) ?? this.#byId(this.#swarmIds, reference);
    if (byId) return byId;
    const named = this.#named(reference);
    if (named.size > 0) return named.size === 1 ? firstOf(named) : undefined;
    const prefixed = new Set([
      ...this.#ids.withPrefix(reference, 3),
      ...this.#swarmIds.withPrefix(reference, 3),
    ]);
    return prefixed.size === 1 ? firstOf(prefixed) : undefined;
  }

  /** Every container that the reference can mean, for questions about one node. */
  findAll(reference: string): ReadonlySet<ContainerEntry> {
    const found = new Set([...this.#ids.exact(reference), ...this.#swarmIds.exact(reference)]);
    if (reference.length === 12) {
      for (const entry of this.#ids.withPrefix(reference, 10)) found.add(entry);
      for (const entry of this.#swarmIds.withPrefix(reference, 10)) found.add(entry);
    }
    for (const entry of this.#named(reference)) found.add(entry);
    return found;
  }

  #byId(index: PrefixIndex<ContainerEntry>, reference: string): ContainerEntry | undefined {
    const [exact] = index.exact(reference);
    return exact ?? (reference.length === 12 ? index.withPrefix(reference, 1)[0] : undefined);
  }

  #named(reference: string): Set<ContainerEntry> {
    const name = reference.replace(/^\//, "");
    const found = new Set(this.#names.get(name));
    for (let slash = name.indexOf("/"); slash > 0; slash = name.indexOf("/", slash + 1)) {
      const node = name.slice(0, slash);
      for (const entry of this.#names.get(name.slice(slash + 1)))
        if (entry.node.name === node || entry.node.id === node) found.add(entry);
    }
    return found;
  }
}

function firstOf<V>(values: ReadonlySet<V>): V | undefined {
  for (const value of values) return value;
  return undefined;
}
