import { AppError, messageOf } from "../kit/errors.ts";
import { joinErrors } from "../machine/errors.ts";
import type { CommandContext } from "./command.ts";
import type { Outcome } from "./pool.ts";

/**
 * Tells which of several machines were made and which were not.
 * @returns the error of those that failed, with their names, or undefined
 */
export function outcomeOf(
  { progress }: CommandContext,
  names: readonly string[],
  outcomes: readonly Outcome[],
): unknown {
  const failed = names.flatMap((name, index) => {
    const error = outcomes[index]?.error;
    return error === undefined ? [] : [{ name, error }];
  });
  if (names.length > 1) {
    const made = names.filter((name) => !failed.some((one) => one.name === name));
    const parts = [`made: ${made.length === 0 ? "none" : made.join(", ")}`];
    if (failed.length > 0) parts.push(`failed: ${failed.map(({ name }) => name).join(", ")}`);
    progress.report({ type: "info", message: parts.join("; ") });
  }
  if (failed.length === 0) return undefined;
  return joinOutcomes(names.length === 1 ? [failed[0]?.error] : failed.map(withName));
}

function withName({ name, error }: { name: string; error: unknown }): unknown {
  if (!(error instanceof AppError)) return error;
  return changed(error, messageOf(error).includes(`"${name}"`) ? error.message : `${name}: ${error.message}`);
}

/** The error with one more thing to do about it. */
export function withHint(error: unknown, hint: string): unknown {
  if (!(error instanceof AppError)) return error;
  return changed(error, error.message, error.hint === undefined ? hint : `${error.hint}\n${hint}`);
}

function changed(error: AppError, message: string, hint = error.hint): AppError {
  return new AppError(error.code, message, {
    exitCode: error.exitCode,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** One error of several creates; the exit code is theirs where they agree. */
export function joinOutcomes(errors: readonly unknown[]): unknown {
  const joined = joinErrors(errors);
  const codes = new Set(errors.map((error) => (error instanceof AppError ? error.exitCode : 1)));
  const [code] = codes;
  if (!(joined instanceof AppError) || codes.size !== 1 || code === undefined) return joined;
  return new AppError(joined.code, joined.message, {
    exitCode: code,
    cause: joined,
    ...(joined.hint === undefined ? {} : { hint: joined.hint }),
  });
}
