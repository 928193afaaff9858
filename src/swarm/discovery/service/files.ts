import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../../kit/errors.ts";
import { ensureDirectory, writeFileAtomic } from "../../../kit/fs.ts";
import type { SwarmLog } from "../../log.ts";
import type { StoredCluster } from "./cluster.ts";

/** Where clusters outlive the service. */
export interface ClusterFiles {
  readAll(): Promise<unknown[]>;
  /** Resolves when what `current` gives is on disk; calls that come while one writes share the next write. */
  save(id: string, current: () => StoredCluster): Promise<void>;
  remove(id: string): Promise<void>;
}

/** One JSON file for each cluster in `dir`, made where it is missing. */
export async function clusterFiles(dir: string, log: SwarmLog): Promise<ClusterFiles> {
  await ensureDirectory(dir);
  const pathOf = (id: string) => join(dir, `${id}.json`);
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  const inTurn = (id: string, work: () => Promise<void>): Promise<void> => {
    const before = running.get(id) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    running.set(id, settled);
    void settled.then(() => {
      if (running.get(id) === settled) running.delete(id);
    });
    return turn;
  };

  return {
    async readAll() {
      const found: unknown[] = [];
      for (const name of (await readdir(dir)).filter((file) => file.endsWith(".json"))) {
        try {
          found.push(JSON.parse(await readFile(join(dir, name), "utf8")));
        } catch (error) {
          log.error(`discovery service: ${name} cannot be read and is left alone: ${messageOf(error)}`);
        }
      }
      return found;
    },
    save(id, current) {
      const next = waiting.get(id);
      if (next !== undefined) return next;
      const write = inTurn(id, () => {
        waiting.delete(id);
        return writeFileAtomic(pathOf(id), `${JSON.stringify(current(), null, 2)}\n`);
      });
      waiting.set(id, write);
      return write;
    },
    remove: (id) => inTurn(id, () => rm(pathOf(id), { force: true })),
  };
}

/** Keeps nothing. */
export const noFiles: ClusterFiles = {
  readAll: async () => [],
  save: async () => undefined,
  remove: async () => undefined,
};
