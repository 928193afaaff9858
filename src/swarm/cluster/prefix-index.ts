/** Several values under each key; a lone value, the usual case, takes no set of its own. */
export class MultiMap<V extends object> {
  readonly #values = new Map<string, V | Set<V>>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  add(key: string, value: V): void {
    const held = this.#values.get(key);
    if (held === undefined) this.#values.set(key, value);
    else if (held instanceof Set) held.add(value);
    else if (held !== value) this.#values.set(key, new Set([held, value]));
  }

  delete(key: string, value: V): void {
    const held = this.#values.get(key);
    if (held === value) this.#values.delete(key);
    else if (held instanceof Set && held.delete(value) && held.size === 0) this.#values.delete(key);
  }

  get(key: string): readonly V[] {
    return listed(this.#values.get(key));
  }

  *withPrefix(prefix: string): Iterable<V> {
    for (const [key, held] of this.#values) if (key.startsWith(prefix)) yield* listed(held);
  }
}

function listed<V extends object>(held: V | Set<V> | undefined): readonly V[] {
  if (held === undefined) return none;
  return held instanceof Set ? [...held] : [held];
}

const none: readonly never[] = [];
const bucketLength = 3;

/** Values under keys, found by key or by the first characters of one; a key may hold several values. */
export class PrefixIndex<V extends object> {
  readonly #buckets = new Map<string, MultiMap<V>>();

  add(key: string, value: V): void {
    const head = key.slice(0, bucketLength);
    const bucket = this.#buckets.get(head) ?? new MultiMap<V>();
    this.#buckets.set(head, bucket);
    bucket.add(key, value);
  }

  delete(key: string, value: V): void {
    const head = key.slice(0, bucketLength);
    const bucket = this.#buckets.get(head);
    bucket?.delete(key, value);
    if (bucket?.isEmpty) this.#buckets.delete(head);
  }

  exact(key: string): readonly V[] {
    return this.#buckets.get(key.slice(0, bucketLength))?.get(key) ?? none;
  }

  /** Values whose keys begin so, at most `limit`. */
  withPrefix(prefix: string, limit: number): V[] {
    const found: V[] = [];
    for (const bucket of this.#bucketsOf(prefix))
      for (const value of bucket.withPrefix(prefix)) if (found.push(value) >= limit) return found;
    return found;
  }

  *#bucketsOf(prefix: string): Iterable<MultiMap<V>> {
    if (prefix.length >= bucketLength) {
      const bucket = this.#buckets.get(prefix.slice(0, bucketLength));
      if (bucket) yield bucket;
      return;
    }
    for (const [head, bucket] of this.#buckets) if (head.startsWith(prefix)) yield bucket;
  }
}
