import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/**
 * Copies a stream to several, reading no faster than the slowest takes; one that is closed is left out. Resolves when all
 * was read and handed over; never rejects: a source that breaks ends the copies with an error.
 */
export async function copyToAll(source: Readable, targets: readonly Writable[]): Promise<void> {
  for (const target of targets) target.on("error", () => undefined); // its reader went away
  try {
    for await (const chunk of source) {
      const full = targets.filter((target) => !target.destroyed && !target.write(chunk));
      await Promise.all(full.map(drained));
    }
    for (const target of targets) target.end();
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const target of targets) target.destroy(reason);
  }
}

async function drained(target: Writable): Promise<void> {
  if (target.destroyed || !target.writableNeedDrain) return;
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(target, "drain", { signal }), once(target, "close", { signal })]);
  } finally {
    over.abort();
  }
}
