import { spawn } from "node:child_process";
import { AppError, systemCode } from "./errors.ts";
import type { Env } from "./process.ts";

/** Runs a program that a person uses: it has our terminal, and its exit code is the answer. */
export type RunAttached = (file: string, args: readonly string[], options?: { env?: Env }) => Promise<number>;

/**
 * The runner of real programs. Ctrl-C reaches the program itself, as it shares the terminal.
 * @returns the exit code; 128 and the signal's number when a signal ended it
 * @throws PROGRAM_NOT_FOUND
 */
export const runAttached: RunAttached = (file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { stdio: "inherit", env: { ...process.env, ...options.env } });
    child.once("error", (error) => {
      const missing = systemCode(error) === "ENOENT";
      const why = missing
        ? `the program "${file}" was not found`
        : `"${file}" cannot be run: ${error.message}`;
      reject(new AppError(missing ? "PROGRAM_NOT_FOUND" : "PROGRAM_FAILED", why, { cause: error }));
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : signalNumber(signal)));
    });
  });

function signalNumber(signal: NodeJS.Signals): number {
  return { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 }[String(signal)] ?? 0;
}
