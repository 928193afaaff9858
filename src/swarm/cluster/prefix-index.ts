const bucketLength = 3;

/** Values under keys, found by key or by the first characters of one; a key may hold several values. */
export class PrefixIndex<V> {
  readonly #buckets = new Map<string, Map<string, Set<V>>>();

  add(key: string, value: V): void {
    const head = key.slice(0, bucketLength);
    const bucket = this.#buckets.get(head) ?? new Map<string, Set<V>>();
    this.#buckets.set(head, bucket);
    const values = bucket.get(key);
    if (values) values.add(value);
    else bucket.set(key, new Set([value]));
  }

  delete(key: string, value: V): void {
    const head = key.slice(0, bucketLength);
    const bucket = this.#buckets.get(head);
    const values = bucket?.get(key);
    if (!bucket || !values?.delete(value) || values.size > 0) return;
    bucket.delete(key);
    if (bucket.size === 0) this.#buckets.delete(head);
  }

  exact(key: string): ReadonlySet<V> {
    return this.#buckets.get(key.slice(0, bucketLength))?.get(key) ?? none;
  }

  /** Values whose keys begin so, at most `limit`. */
  withPrefix(prefix: string, limit: number): V[] {
    const found: V[] = [];
    for (const bucket of this.#bucketsOf(prefix)) {
      for (const [key, values] of bucket) {
        if (!key.startsWith(prefix)) continue;
        for (const value of values) if (found.push(value) >= limit) return found;
      }
    }
    return found;
  }

  *#bucketsOf(prefix: string): Iterable<Map<string, Set<V>>> {
    if (prefix.length >= bucketLength) {
      const bucket = this.#buckets.get(prefix.slice(0, bucketLength));
      if (bucket) yield bucket;
      return;
    }
    for (const [head, bucket] of this.#buckets) if (head.startsWith(prefix)) yield bucket;
  }
}

const none: ReadonlySet<never> = new Set();

/** Several values under each key. */
export class MultiMap<V> {
  readonly #sets = new Map<string, Set<V>>();

  add(key: string, value: V): void {
    const values = this.#sets.get(key);
    if (values) values.add(value);
    else this.#sets.set(key, new Set([value]));
  }

  delete(key: string, value: V): void {
    const values = this.#sets.get(key);
    if (values?.delete(value) && values.size === 0) this.#sets.delete(key);
  }

  get(key: string): ReadonlySet<V> {
    return this.#sets.get(key) ?? none;
  }
}
