import type { AppError } from "../kit/errors.ts";
import type { Journal } from "./journal.ts";
import type { HostRecord } from "./record.ts";

/** A machine of the store that can be used, or the reason why it cannot. */
export type Loaded =
  | { readonly name: string; readonly record: HostRecord; readonly error?: undefined }
  | { readonly name: string; readonly record?: undefined; readonly error: AppError };

/** The machines on disk, in docker-machine's layout; every path is absolute. */
export interface Store {
  readonly root: string;
  readonly certsDir: string;
  readonly cacheDir: string;
  machineDir(name: string): string;
  /** Pinned host keys of one machine. */
  knownHostsPath(name: string): string;
  /** Names in byte order: directories under machines/ that do not start with a dot. */
  names(): Promise<string[]>;
  /** True when machines/NAME exists as anything. */
  exists(name: string): Promise<boolean>;
  /** Never throws for what is in the file: a bad one gives `error`. Old versions are migrated on disk. */
  load(name: string): Promise<Loaded>;
  /** All machines, in the order of `names`. */
  loadAll(): Promise<Loaded[]>;
  /** The machine, or MACHINE_NOT_FOUND, or what `load` gave as error. */
  get(name: string): Promise<HostRecord>;
  /** Makes the machine's directory with record and journal in one step; MACHINE_EXISTS. */
  reserve(record: HostRecord, journal: Journal): Promise<void>;
  /** Replaces config.json whole; foreign keys and the texts of unchanged numbers stay. */
  save(record: HostRecord): Promise<void>;
  /** Deletes the machine's directory; certs/ and cache/ are never touched. */
  remove(name: string): Promise<void>;
  /** The journal of an unfinished create, or undefined. */
  readJournal(name: string): Promise<Journal | undefined>;
  writeJournal(name: string, journal: Journal): Promise<void>;
  /** The create is done. */
  removeJournal(name: string): Promise<void>;
  /** Runs `task` while no other process on this store holds the lock `name`. */
  withLock<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The lock of one machine, for whatever changes it; `busy` makes the error instead of waiting for another process. */
  withMachineLock<T>(
    name: string,
    task: () => Promise<T>,
    options?: { signal?: AbortSignal; busy?: (name: string, pid: number) => Error },
  ): Promise<T>;
}
