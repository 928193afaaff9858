import { AppError } from "../kit/errors.ts";
import { joinErrors } from "../machine/errors.ts";

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
