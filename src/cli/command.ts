import type { SwarmChoice } from "../cluster/plan.ts";
import type { SwarmTools } from "../cluster/swarm-machine.ts";
import type { FlagSpec, FlagValues } from "../driver/flags.ts";
import type { Log } from "../kit/log.ts";
import type { Env } from "../kit/process.ts";
import type { MachineContext } from "../machine/context.ts";
import type { CreateStep } from "../machine/create.ts";
import type { Report } from "../machine/events.ts";
import type { LifecycleHooks } from "../machine/lifecycle.ts";
import type { ClusterView } from "../machine/list.ts";

/** The process as commands see it; tests hand in one that keeps what is written. */
export interface Io {
  /** Results; whole lines, written at once. */
  out(text: string): void;
  /** Everything that is not a result. */
  err(text: string): void;
  /** True when stdout, stderr or stdin is a terminal. */
  isTerminal(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** One line of stdin without its end, or undefined at the end of input; the question goes to stderr. */
  ask(question: string): Promise<string | undefined>;
  /** Width of the terminal on stderr. */
  columns(): number;
  /** Height of the terminal on stderr. */
  rows(): number;
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
  /** What the user typed: the program, then the words after it. */
  readonly argv: readonly string[];
  /** Number of the process that called this one; 0 where unknown. */
  readonly parentPid: number;
}

/** One flag of a command. */
export type CliFlag = FlagSpec & {
  /** One letter. */
  readonly short?: string;
  /** How help calls the value: "SECONDS". */
  readonly value?: string;
};

/** Options that stand before any command. */
export interface GlobalOptions {
  readonly debug: boolean;
  /** Root of the store, absolute. */
  readonly storageRoot: string;
  /** "" where the store's own is meant; so for the three below. */
  readonly tlsCaCert: string;
  readonly tlsCaKey: string;
  readonly tlsClientCert: string;
  readonly tlsClientKey: string;
  readonly githubApiToken: string;
  readonly nativeSsh: boolean;
}

/** What src/cluster does while machines are made and changed. */
export interface ClusterActions {
  createSteps(clusterName: string): readonly CreateStep[];
  readonly hooks: LifecycleHooks;
  readonly tools: SwarmTools;
}

/** What src/cluster adds to machine commands. */
export interface ClusterParts {
  readonly view: ClusterView;
  actions(): Promise<ClusterActions>;
  /** Completes what the flags say of the Swarm: the discovery of the cluster that a node joins. */
  planSwarm(choice: SwarmChoice): Promise<SwarmChoice>;
  /** The masters that `env --swarm NAME` may use, best first; NAME is a master or a cluster. */
  mastersNamed(name: string): Promise<readonly string[]>;
}

/** What a command gets. */
export interface CommandContext {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly log: Log;
  /** Shows progress events; commands end it before they print results. */
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Made at first use. */
  machines(): Promise<MachineContext>;
  clusterParts(): Promise<ClusterParts>;
  /** The drivers' help and completion need the names alone. */
  driverNames(): readonly string[];
}

/** Renders what steps report: a live list on a terminal, prefixed lines elsewhere, JSON for programs. */
export interface Progress {
  readonly report: Report;
  /** Stops the live part; safe to call twice. */
  end(): Promise<void>;
}

export interface CommandModule {
  /** @returns the exit code */
  run(ctx: CommandContext, args: readonly string[], flags: FlagValues): Promise<number>;
}

/** One command as data: help, completion and docs/commands.md come from it. */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Left out of help and completion. */
  readonly hidden?: boolean;
  readonly group: "machines" | "use" | "clusters" | "images" | "other";
  readonly summary: string;
  /** What follows the flags: "[NAME...]". */
  readonly usage: string;
  /** More for help; plain lines. */
  readonly details?: readonly string[];
  readonly flags: readonly CliFlag[];
  /** Number of arguments; `max` left out: any number. Other counts print the help and fail. */
  readonly args: { readonly min: number; readonly max?: number };
  /** What completion offers for arguments. */
  readonly completes?: "machines" | "commands" | "shells" | "nothing" | "files";
  /** Words behind the first argument are not ours (`ssh NAME COMMAND…`). */
  readonly passThrough?: boolean;
  /** Flags that are known only once others are (`create --driver`). */
  extraFlags?(ctx: CommandContext, argv: readonly string[]): Promise<readonly CliFlag[]>;
  /** Reports progress; gets the flag `--json`, which prints the events as JSON lines on stdout. */
  readonly reports?: boolean;
  /** What goes to stdout when the command failed and a program reads it (`env`: a failing command). */
  failureOutput?(io: Io, words: readonly string[]): Promise<string>;
  /** `image build`; the command itself then only shows its help. */
  readonly subcommands?: readonly CommandSpec[];
  load(): Promise<CommandModule>;
}
