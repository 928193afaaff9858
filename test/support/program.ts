import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

/** The folder of the project. */
export const projectRoot = resolve(import.meta.dirname, "../..");

/** The launcher of the built program. */
export const machineProgram = join(projectRoot, "bin", "machine.js");

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** Default 120 000. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end; a signal or the deadline gives exit code -1. */
export function runProgramFile(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((done, fail) => {
    const child = spawn(file, [...args], {
      cwd: options.cwd ?? projectRoot,
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? 120_000,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.stdin.on("error", () => undefined); // a program need not read it
    child.stdin.end(options.input ?? "");
    child.once("error", fail);
    child.once("close", (code) => {
      const text = (parts: readonly Buffer[]) => Buffer.concat(parts).toString("utf8");
      done({ stdout: text(out), stderr: text(err), exitCode: code ?? -1 });
    });
  });
}
