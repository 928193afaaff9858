import { AppError, messageOf } from "../kit/errors.ts";

/** All results, or one error that tells what went wrong with each; everything is waited for in any case. */
export async function allOrError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (reasons.length === 0) return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  throw joinErrors(reasons);
}

/** One error of several, each on a line of its own; one alone stays as it is. */
export function joinErrors(reasons: readonly unknown[]): unknown {
  if (reasons.length === 1) return reasons[0];
  const bug = reasons.find((reason) => !(reason instanceof AppError));
  if (bug !== undefined) return bug;
  const known = reasons.filter((reason) => reason instanceof AppError);
  const codes = new Set(known.map((reason) => reason.exitCode));
  const hints = [...new Set(known.flatMap((reason) => reason.hint ?? []))];
  return new AppError("SEVERAL_FAILED", known.map(messageOf).join("\n"), {
    exitCode: codes.size === 1 ? (known[0]?.exitCode ?? 1) : 1,
    cause: known[0],
    ...(hints.length === 0 ? {} : { hint: hints.join("\n") }),
  });
}
