/** What became of one task: `error` is undefined when it went well. */
export interface Outcome {
  readonly error: unknown;
}

/** Runs a task for every item, at most `width` at once; never rejects. Results are in the order of the items. */
export async function pool<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      const item = items[index];
      if (item === undefined) continue;
      outcomes[index] = await task(item).then(
        () => ({ error: undefined }),
        (error: unknown) => ({ error: error ?? new TypeError("a task failed without a reason") }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return outcomes;
}
