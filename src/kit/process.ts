import { existsSync } from "node:fs";
import { AppError } from "./errors.ts";
import type { Log } from "./log.ts";

export type Env = Record<string, string | undefined>;

export interface RunOptions {
  input?: string | Uint8Array | NodeJS.ReadableStream;
  /** Added to the environment of this process. */
  env?: Env;
  cwd?: string;
  /** Default 120 000. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Exit codes that are an answer, not a failure; default [0]. */
  okCodes?: readonly number[];
  /** Called for each line of stdout as it comes. */
  onLine?: (line: string) => void;
}

export interface RunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  durationMs: number;
}

/** Runs one outside program to its end: arguments as they are, never a shell. Throws RunError. */
export type Run = (file: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;

export type RunFailure = "exit" | "notFound" | "timeout" | "signal" | "aborted";

/** An outside program failed; `why` says how. */
export class RunError extends AppError {
  readonly why: RunFailure;
  readonly command: string;
  readonly programExitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    why: RunFailure,
    command: string,
    message: string,
    result: { exitCode?: number | undefined; stdout: string; stderr: string; cause?: unknown },
  ) {
    super(why === "notFound" ? "PROGRAM_NOT_FOUND" : "PROGRAM_FAILED", message, { cause: result.cause });
    this.why = why;
    this.command = command;
    this.programExitCode = result.exitCode;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }
}

/** The last `count` lines of a text, without blank ones at its end. */
export function lastLines(text: string, count = 20): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** A command line as a person would read it. */
export function commandText(file: string, args: readonly string[]): string {
  return [file, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(" ");
}

/** The runner of real processes, each logged at debug level with its duration. */
export function realRun(log: Log): Run {
  return async (file, args, options = {}) => {
    const command = commandText(file, args);
    if (isNowhere(file, { ...process.env, ...options.env }["PATH"])) {
      log.debug(`run ${command}: not in the PATH`);
      const nothing = { stdout: "", stderr: "" };
      throw new RunError("notFound", command, `the program "${file}" was not found`, nothing);
    }
    const { execa } = await import("execa");
    const started = performance.now();
    const child = execa(file, [...args], {
      env: options.env ?? {},
      reject: false,
      stripFinalNewline: false,
      timeout: options.timeoutMs ?? 120_000,
      forceKillAfterDelay: 2_000,
      maxBuffer: 64 * 1024 * 1024,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      ...inputOf(options.input),
    });
    const { onLine } = options;
    if (onLine) {
      void (async () => {
        for await (const line of child.iterable()) onLine(line);
      })().catch(() => undefined); // the end of the process tells what went wrong
    }
    const result = await child;
    const durationMs = Math.round(performance.now() - started);
    const exitCode = result.exitCode;
    log.debug(`run ${command} → ${exitCode ?? result.signal ?? result.code} in ${durationMs} ms`);
    const output = { stdout: String(result.stdout ?? ""), stderr: String(result.stderr ?? "") };
    if (
      exitCode !== undefined &&
      !result.timedOut &&
      !result.isCanceled &&
      (options.okCodes ?? [0]).includes(exitCode)
    ) {
      return { ...output, exitCode, durationMs };
    }
    throw failure(file, command, options, result, { ...output, exitCode });
  };
}

/** Spares `ls` the loading of execa for programs that are not here; in doubt execa finds out. */
function isNowhere(file: string, path: string | undefined): boolean {
  if (process.platform === "win32" || path === undefined || file.includes("/")) return false;
  const directories = path.split(":");
  // an empty entry means the current directory
  return directories.every((directory) => directory !== "" && !existsSync(`${directory}/${file}`));
}

function inputOf(
  input: RunOptions["input"],
): { input: string | Uint8Array } | { inputFile?: never; stdin: "ignore" } | { input: never } {
  if (input === undefined) return { stdin: "ignore" };
  // execa takes a string, bytes or a readable under the same name
  return { input: input as string | Uint8Array };
}

function failure(
  file: string,
  command: string,
  options: RunOptions,
  result: {
    timedOut: boolean;
    isCanceled: boolean;
    signal?: string | undefined;
    code?: string | undefined;
    cause?: unknown;
  },
  output: { stdout: string; stderr: string; exitCode: number | undefined },
): RunError {
  const tail = lastLines(output.stderr || output.stdout);
  const detail = tail === "" ? "" : `:\n${tail}`;
  const more = { ...output, cause: result.cause };
  if (result.isCanceled) return new RunError("aborted", command, `${command} was interrupted`, more);
  if (result.timedOut) {
    return new RunError(
      "timeout",
      command,
      `${command} did not end within ${(options.timeoutMs ?? 120_000) / 1000} s${detail}`,
      more,
    );
  }
  if (result.code === "ENOENT")
    return new RunError("notFound", command, `the program "${file}" was not found`, more);
  if (output.exitCode === undefined) {
    return new RunError(
      "signal",
      command,
      `${command} was ended by ${result.signal ?? result.code ?? "a signal"}${detail}`,
      more,
    );
  }
  return new RunError("exit", command, `${command} failed with exit code ${output.exitCode}${detail}`, more);
}
