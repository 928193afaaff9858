import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Env, Run } from "../kit/process.ts";
import type { FlagSpec, FlagValues } from "./flags.ts";

/** The states of machine-drivers as `status` and `ls` print them; "" is unknown; "NotFound": the host is gone. */
export type MachineState =
  | ""
  | "Running"
  | "Paused"
  | "Saved"
  | "Stopped"
  | "Stopping"
  | "Starting"
  | "Error"
  | "Timeout"
  | "NotFound";

/** The `Driver` object of config.json: plain JSON with docker-machine's keys; unknown keys are kept as they are. */
export interface DriverConfig {
  MachineName: string;
  /** The store's root. */
  StorePath: string;
  IPAddress: string;
  SSHUser: string;
  SSHPort: number;
  SSHKeyPath: string;
  SwarmMaster: boolean;
  SwarmHost: string;
  SwarmDiscovery: string;
  [key: string]: unknown;
}

/** How to reach the machine's sshd. */
export interface SshAddress {
  host: string;
  port: number;
  user: string;
  /** "" means the user's own ssh defaults and agent. */
  keyPath: string;
}

/** One outside program, container or file that a driver made and that a rollback must remove. */
export interface MadeResource {
  /** For example "vm", "disk", "hostonlyif", "container", "volume", "network". */
  kind: string;
  id: string;
}

/** What a driver may use of a reachable host; the host key is pinned and checked. */
export interface DriverSsh {
  /** Runs a POSIX shell command; rejects unless it exits 0. */
  run(
    address: SshAddress,
    command: string,
    options?: { input?: string; timeoutMs?: number },
  ): Promise<{ stdout: string; stderr: string }>;
  /**
   * Resolves when sshd greets with its banner (no login is made); rejects with SSH_UNREACHABLE at the deadline, with
   * `once` as soon as one attempt has failed.
   */
  waitForBanner(
    address: Pick<SshAddress, "host" | "port">,
    options: { timeoutMs: number; signal?: AbortSignal; once?: boolean },
  ): Promise<void>;
  /** Makes the machine's key pair (0600) unless it is there; gives the public key's line. */
  ensureKey(keyPath: string): Promise<string>;
}

export interface ImageRequest {
  kind: "iso" | "container";
  /** What the user named (a URL, a path, an image reference); "" for the newest there is. */
  source: string;
}

/** Finds what a machine boots from. */
export interface DriverImages {
  /**
   * A boot2docker ISO as a file, or a container machine image loaded into the user's engine.
   * @returns the file's path (iso) or the image reference (container)
   * @throws IMAGE_NOT_FOUND with a hint that says how to build or pull one
   */
  find(request: ImageRequest, progress: (message: string, fraction?: number) => void): Promise<string>;
}

/** The user's own engine (DOCKER_HOST or the local socket): the few calls that drivers need, in the API's JSON. */
export interface DriverEngine {
  /** @returns status and parsed JSON (undefined for an empty body); rejects with ENGINE_UNREACHABLE when none answers */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** The address it is reached at: "unix:///var/run/docker.sock", "tcp://…"; "" before the first request. */
  readonly address: string;
  /** Keeps this engine as the one of the store's container machines, for when DOCKER_HOST points to one of them. */
  remember(): Promise<void>;
  /** Gives the engine an image as a docker archive. */
  load(archivePath: string): Promise<void>;
}

/** Everything a driver may use; a driver imports none of these modules. */
export interface DriverContext {
  readonly run: Run;
  readonly ssh: DriverSsh;
  readonly engine: DriverEngine;
  readonly images: DriverImages;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** How long a host may take from power-on to its SSH server's greeting; undefined: the driver's own measure. */
  readonly sshTimeoutMs?: number;
  /** Store root, absolute. */
  readonly storeRoot: string;
  /** `<root>/machines/NAME` of the machine at hand, absolute. */
  machineDir(name: string): string;
  /** Runs `task` while holding a lock that all processes on this store share ("hostonly", "createvm"). */
  withLock<T>(name: string, task: () => Promise<T>): Promise<T>;
  /** A person reads it in the task list: "starting the VM". */
  progress(message: string): void;
  readonly signal?: AbortSignal;
}

/** What `create` hands a driver besides the context. */
export interface CreateHooks {
  /** To be awaited BEFORE a resource outside the store is made, so that no crash can forget it. */
  making(resource: MadeResource): Promise<void>;
  /** What an earlier, interrupted run of this create had announced. */
  readonly alreadyMaking: readonly MadeResource[];
  /** What other creates of this store that have not finished announced: whoever is undone last takes it away. */
  othersMaking(): Promise<readonly MadeResource[]>;
}

/** One machine, opened. Methods change `config` where an address or port changed; the caller saves it. */
export interface Driver<C extends DriverConfig = DriverConfig> {
  readonly config: C;
  /** Whatever can fail before something is made; an AppError here makes `create` exit 3. */
  preCreateCheck(): Promise<void>;
  /** A running host with an address; idempotent over `hooks.alreadyMaking`. */
  create(hooks: CreateHooks): Promise<void>;
  start(): Promise<void>;
  /** Graceful, then hard after `timeoutMs`. */
  stop(options?: { timeoutMs?: number }): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /**
   * Succeeds when the host is already gone. Also removes what `alreadyMaking` names.
   * @param options settled: the create ended by itself; otherwise what it asked for may still be in the making
   */
  remove(alreadyMaking?: readonly MadeResource[], options?: { settled?: boolean }): Promise<void>;
  /** Never throws for a missing host: "NotFound". */
  state(): Promise<MachineState>;
  /** Address as the guest and its peers see it; HOST_NOT_RUNNING when it is off. */
  ip(): Promise<string>;
  /** "tcp://host:2376" as the client reaches the engine; "" when unknown; HOST_NOT_RUNNING when it is off. */
  url(): Promise<string>;
  /** Where the client reaches another TCP port of the machine (3376); the machine's own IP and port by default. */
  reach(port: number): Promise<{ host: string; port: number }>;
  sshAddress(): Promise<SshAddress>;
  /** Replaces what the machine boots from, where the driver can (`upgrade`); undefined: not its job. */
  upgradeImage?: () => Promise<void>;
  /** Applies changed sizes ("cpus", "memory" in MiB) to a stopped machine; undefined: the driver cannot. */
  resize?: (sizes: { cpus?: number; memoryMiB?: number }) => Promise<void>;
}

/** What code outside a driver may ask instead of comparing its name. */
export interface DriverFeatures {
  /** Has a host to reach by SSH and to provision; false for a mere URL. */
  readonly hasHost: boolean;
  /** start, stop and kill make sense. */
  readonly hasPower: boolean;
  /** A new host of our own, that rollback and `rm` delete. */
  readonly ownsHost: boolean;
  /** Port of the engine, where the config keeps another than 2376: the key. */
  readonly enginePortKey?: string;
  /** Default choice of `create` when usable: the highest number wins; undefined: never chosen by default. */
  readonly defaultRank?: number;
  /** Stands for a driver that a record names and that is not here. */
  readonly isUnknown?: boolean;
}

export interface DriverCheck {
  usable: boolean;
  version?: string;
  /** Why not, and what to install; one sentence each. */
  reason?: string;
  hint?: string;
}

export interface StateAnswer {
  state: MachineState;
  /** Engine URL where it is known without asking further; "" otherwise. */
  url: string;
  error?: string;
}

/** A driver as its folder exports it. */
export interface DriverModule<C extends DriverConfig = DriverConfig> {
  readonly name: string;
  readonly flags: readonly FlagSpec[];
  readonly features: DriverFeatures;
  /** Is the tool it needs here? Cheap; makes nothing. */
  check(ctx: DriverContext): Promise<DriverCheck>;
  /** Flags to the config that the record keeps. Validates; usage errors exit 2. */
  configure(flags: FlagValues, base: DriverConfig): C;
  /** Opens a machine from its record's Driver object (of any age). */
  open(ctx: DriverContext, config: DriverConfig): Driver<C>;
  /** States of many machines with few calls, by machine name; without it each is opened and asked. */
  states?(ctx: DriverContext, configs: readonly DriverConfig[]): Promise<Map<string, StateAnswer>>;
}

/** One line of `drivers/index.ts`. */
export interface DriverEntry {
  readonly summary: string;
  load(): Promise<DriverModule>;
}

export type DriverIndex = Readonly<Record<string, DriverEntry>>;
