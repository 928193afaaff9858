import { lstat, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { isAppError, systemCode } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import { sweepLocks, withLock } from "../kit/lock.ts";
import type { Log } from "../kit/log.ts";
import { machineExists, machineNotFound } from "./errors.ts";
import { printGoJson } from "./go-json.ts";
import { type Journal, parseJournal } from "./journal.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";
import { mergeRecord } from "./merge.ts";
import { withoutMovedKeys } from "./migrations/foreign-keys.ts";
import { checkMachineName } from "./name.ts";
import { readRecord } from "./read-record.ts";
import type { HostRecord } from "./record.ts";
import type { Loaded, Store } from "./store.ts";

export interface FileStoreOptions {
  clock: Clock;
  log: Log;
}

/** The store under `root`; nothing is made before the first write. */
export function openStore(root: string, options: FileStoreOptions): Store {
  return new FileStore(root, options);
}

class FileStore implements Store {
  readonly root: string;
  readonly certsDir: string;
  readonly cacheDir: string;
  private readonly options: FileStoreOptions;
  private readonly machinesDir: string;
  private readonly locksDir: string;

  constructor(root: string, options: FileStoreOptions) {
    this.root = root;
    this.options = options;
    this.certsDir = join(root, "certs");
    this.cacheDir = join(root, "cache");
    this.machinesDir = join(root, "machines");
    this.locksDir = join(root, ".machine", "locks");
  }

  machineDir(name: string): string {
    return join(this.machinesDir, name);
  }

  knownHostsPath(name: string): string {
    return join(this.machineDir(name), ".known_hosts");
  }

  async names(): Promise<string[]> {
    try {
      const entries = await readdir(this.machinesDir, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
      return names.map((entry) => entry.name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  async exists(name: string): Promise<boolean> {
    return pathExists(this.machineDir(name));
  }

  async load(name: string): Promise<Loaded> {
    try {
      const { record, text, migrated } = readRecord(this.root, name);
      if (migrated) await this.writeMigrated(record, text);
      return { name, record };
    } catch (error) {
      if (isAppError(error)) return { name, error };
      throw error;
    }
  }

  async loadAll(): Promise<Loaded[]> {
    const names = await this.names();
    return Promise.all(names.map((name) => this.load(name)));
  }

  async get(name: string): Promise<HostRecord> {
    // a name that cannot be one is not in the store, and must not lead out of it
    if (!/^[^./\\][^/\\]*$/.test(name)) throw machineNotFound(name);
    const loaded = await this.load(name);
    if (loaded.error !== undefined) throw loaded.error;
    return loaded.record;
  }

  async reserve(record: HostRecord, journal: Journal): Promise<void> {
    checkMachineName(record.Name);
    const target = this.machineDir(record.Name);
    const draft = join(this.machinesDir, `.${record.Name}.new`);
    await ensureDirectory(this.root);
    await ensureDirectory(this.machinesDir);
    await this.withLock(`reserve-${record.Name}`, async () => {
      if (await pathExists(target)) throw machineExists(record.Name);
      // a crash leaves at most the draft, which the next reserve replaces: never a machine without its record
      await rm(draft, { recursive: true, force: true });
      await ensureDirectory(draft);
      await writeFileAtomic(join(draft, ".journal.json"), JSON.stringify(journal));
      await writeFileAtomic(join(draft, "config.json"), printGoJson(mergeRecord(undefined, record)));
      await rename(draft, target);
    });
  }

  async save(record: HostRecord): Promise<void> {
    const path = join(this.machineDir(record.Name), "config.json");
    await this.withLock(`save-${record.Name}`, async () => {
      const before = treeIfValid(await readTextIfPresent(path));
      await writeFileAtomic(path, printGoJson(mergeRecord(before, record)));
    });
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.machinesDir, `.${name}.new`), { recursive: true, force: true });
    await rm(this.machineDir(name), { recursive: true, force: true });
    await sweepLocks(this.locksDir, { clock: this.options.clock });
  }

  async readJournal(name: string): Promise<Journal | undefined> {
    const text = await readTextIfPresent(this.journalPath(name));
    return text === undefined ? undefined : parseJournal(text);
  }

  async writeJournal(name: string, journal: Journal): Promise<void> {
    await writeFileAtomic(this.journalPath(name), JSON.stringify(journal));
  }

  async removeJournal(name: string): Promise<void> {
    await rm(this.journalPath(name), { force: true });
  }

  withLock<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, log } = this.options;
    return withLock(join(this.locksDir, `${encodeURIComponent(name)}.lock`), task, {
      clock,
      onWait: (pid, isOwn) => {
        if (!isOwn) log.info(`waiting for process ${pid}, which holds the lock "${name}"`);
      },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  withMachineLock<T>(
    name: string,
    task: () => Promise<T>,
    options: { signal?: AbortSignal; busy?: (name: string, pid: number) => Error } = {},
  ): Promise<T> {
    const { clock, log } = this.options;
    const { busy, signal } = options;
    return withLock(join(this.locksDir, `machine-${encodeURIComponent(name)}.lock`), task, {
      clock,
      onWait: (pid) => {
        if (busy !== undefined) throw busy(name, pid);
        log.info(`waiting for process ${pid}, which works on machine "${name}"`);
      },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  private journalPath(name: string): string {
    return join(this.machineDir(name), ".journal.json");
  }

  private async writeMigrated(record: HostRecord, original: string): Promise<void> {
    const directory = this.machineDir(record.Name);
    const before = withoutMovedKeys(parseJsonTree(original));
    try {
      await this.withLock(`save-${record.Name}`, async () => {
        // another process may have migrated it, and gone on from there
        if ((await readTextIfPresent(join(directory, "config.json"))) !== original) return;
        await writeFileAtomic(join(directory, "config.json.bak"), original);
        await writeFileAtomic(join(directory, "config.json"), printGoJson(mergeRecord(before, record)));
      });
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      this.options.log.debug(`the migrated record of ${record.Name} could not be written: ${String(error)}`);
    }
  }
}

function isReadOnly(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes(systemCode(error) ?? "");
}

function treeIfValid(text: string | undefined): JsonNode | undefined {
  if (text === undefined) return undefined;
  try {
    return parseJsonTree(text);
  } catch {
    return undefined; // a damaged file has nothing to keep
  }
}

async function pathExists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
