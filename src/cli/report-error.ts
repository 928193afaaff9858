import { AppError, messageOf } from "../kit/errors.ts";
import type { Io } from "./command.ts";

export interface ReportOptions {
  debug: boolean;
  json: boolean;
  /** Root of the store, once it is known. */
  storeRoot?: string | undefined;
}

/** Prints an error as a person should read it, and gives the exit code. Stacks appear with `--debug` alone. */
export async function reportError(io: Io, thrown: unknown, options: ReportOptions): Promise<number> {
  const { fileTrouble } = await import("../kit/file-errors.ts"); // costs start-up time: only what fails pays
  const error = fileTrouble(thrown, options.storeRoot) ?? thrown;
  const known = error instanceof AppError;
  const message = messageOf(error) || "unknown error";
  if (options.json) {
    const code = known ? error.code : "UNEXPECTED";
    const hint = known && error.hint !== undefined ? { hint: error.hint } : {};
    io.out(`${JSON.stringify({ type: "error", code, message, ...hint })}\n`);
  }
  io.err(known ? `${message}\n` : `unexpected error: ${message}\n`);
  if (known && error.hint !== undefined) io.err(`${error.hint}\n`);
  if (options.debug) io.err(`${stackOf(error)}\n`);
  else if (!known) io.err("this should not happen; the same command with --debug shows where it did\n");
  return known ? error.exitCode : 1;
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let one = error; one !== undefined && parts.length < 8; ) {
    parts.push(one instanceof Error ? (one.stack ?? one.message) : messageOf(one));
    one = one instanceof Error ? one.cause : undefined;
  }
  return parts.join("\ncaused by: ");
}
