/** Runs at most `limit` jobs at a time; urgent ones go before the others. */
export class Limiter {
  readonly #limit: number;
  readonly #urgent: (() => void)[] = [];
  readonly #patient: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether jobs wait in line. */
  get isBusy(): boolean {
    return this.#urgent.length > 0 || this.#patient.length > 0;
  }

  async run<T>(job: () => Promise<T>, isUrgent = true): Promise<T> {
    if (this.#running >= this.#limit)
      await new Promise<void>((resolve) => (isUrgent ? this.#urgent : this.#patient).push(resolve));
    else this.#running++;
    try {
      return await job();
    } finally {
      // the slot is handed to the next in line, so that nobody slips in between
      const next = this.#urgent.shift() ?? this.#patient.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/**
 * Makes one job of many: whoever asks while it runs shares the next run, which starts after the request and so sees all
 * that was there then.
 */
export class Coalescer {
  readonly #running = new Map<string, { now: Promise<void>; next: Promise<void> | undefined }>();

  run(key: string, job: () => Promise<void>): Promise<void> {
    const current = this.#running.get(key);
    if (!current) return this.#start(key, job);
    current.next ??= current.now.catch(() => undefined).then(() => this.#start(key, job));
    return current.next;
  }

  #start(key: string, job: () => Promise<void>): Promise<void> {
    const entry: { now: Promise<void>; next: Promise<void> | undefined } = { now: job(), next: undefined };
    this.#running.set(key, entry);
    const forget = () => {
      if (entry.next === undefined && this.#running.get(key) === entry) this.#running.delete(key);
    };
    entry.now.then(forget, forget);
    return entry.now;
  }
}

/** Runs a job for each item, at most `limit` at a time, and stops at the first that throws. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  job: (item: T) => Promise<void>,
): Promise<void> {
  let at = 0;
  const worker = async () => {
    for (let item = items[at++]; item !== undefined; item = items[at++]) await job(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
