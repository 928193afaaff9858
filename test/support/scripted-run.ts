import { commandText, type Run, RunError, type RunOptions } from "../../src/kit/process.ts";

/** One expected call and its answer. */
export interface ScriptedCall {
  /** As `commandText` writes it, or a pattern of it. */
  readonly command: string | RegExp;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Default 0. */
  readonly exitCode?: number;
  /** The program is not there. */
  readonly notFound?: boolean;
  /** Looks at the options (input, environment) of the call. */
  readonly check?: (options: RunOptions) => void;
}

export interface ScriptedRun extends Run {
  /** What was called so far. */
  readonly calls: readonly string[];
  /** Throws when expected calls were not made. */
  done(): void;
}

/** A runner that expects exactly these calls, in this order; any other fails and says what was expected. */
export function scriptedRun(script: readonly ScriptedCall[]): ScriptedRun {
  const calls: string[] = [];
  const run: Run = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    const command = commandText(file, args);
    const expected = script[calls.length];
    calls.push(command);
    if (expected === undefined || !matches(expected.command, command)) {
      throw new Error(unexpected(command, calls.length, script));
    }
    expected.check?.(options);
    return answer(command, expected, options);
  };
  const done = () => {
    const left = script.slice(calls.length).map(({ command }) => `  ${String(command)}`);
    if (left.length > 0) throw new Error(`these calls were not made:\n${left.join("\n")}`);
  };
  return Object.assign(run, { calls, done });
}

function answer(command: string, call: ScriptedCall, options: RunOptions) {
  const { stdout = "", stderr = "", exitCode = 0 } = call;
  if (call.notFound === true) {
    throw new RunError("notFound", command, `the program of "${command}" was not found`, { stdout, stderr });
  }
  if (!(options.okCodes ?? [0]).includes(exitCode)) {
    const message = `${command} failed with exit code ${exitCode}:\n${stderr || stdout}`;
    throw new RunError("exit", command, message, { exitCode, stdout, stderr });
  }
  for (const line of stdout.split("\n").filter(Boolean)) options.onLine?.(line);
  return { stdout, stderr, exitCode, durationMs: 1 };
}

function matches(expected: string | RegExp, command: string): boolean {
  return typeof expected === "string" ? expected === command : expected.test(command);
}

function unexpected(command: string, at: number, script: readonly ScriptedCall[]): string {
  const list = script.map(({ command: known }, index) => `${index + 1 === at ? "→" : " "} ${String(known)}`);
  return `call ${at} was not expected: ${command}\nexpected, in this order:\n${list.join("\n") || "  nothing"}`;
}
