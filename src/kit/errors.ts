/** A stable name of one kind of error, for tests and for programs that read `--json`. */
export type ErrorCode = Uppercase<string>;

export interface AppErrorDetails {
  /** What to type or read next; printed on a line of its own. */
  hint?: string;
  /** Exit code where it is not 1: 2 usage, 3 failed pre-create check, a remote command's own. */
  exitCode?: number;
  cause?: unknown;
}

/** An error that a person can cause or mend; anything else that is thrown is a bug of ours. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AppError";
    this.code = code;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** Tells whether `error` is an AppError, of the given code where one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The text of anything that was thrown, on one line where it is short. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error ("ENOENT"), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** A mistake in the command line: exit code 2. */
export function usageError(message: string, hint?: string): AppError {
  return new AppError("USAGE", message, hint === undefined ? { exitCode: 2 } : { exitCode: 2, hint });
}
