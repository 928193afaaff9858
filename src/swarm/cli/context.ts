import type { Clock } from "../../kit/clock.ts";
import type { SwarmLog } from "../log.ts";
import type { Flags } from "./flags.ts";

/** What a command of `swarm` sees of the world. */
export interface SwarmContext {
  /** Base name of the program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** logrus on stdout, or JSON. */
  readonly log: SwarmLog;
  /** The same on stderr, for commands whose stdout is a result. */
  readonly errorLog: SwarmLog;
  readonly random: () => number;
  /** Content of /proc/net/route; "" where there is none. */
  readonly routes: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborts at SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  readonly globals: Flags;
}

/** `run` of commands/<name>.ts; @returns the exit code */
export type RunCommand = (
  context: SwarmContext,
  flags: Flags,
  positionals: readonly string[],
) => Promise<number>;

/** How a command says that it fails: as a log line of level fatal, or as Go's plain logger does on stderr. */
export type FatalStyle = "logrus" | "plain";
