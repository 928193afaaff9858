import { messageOf, systemCode } from "../../kit/errors.ts";
import { EngineUnreachableError } from "./errors.ts";
import { explainTlsError } from "./tls.ts";

/**
 * Puts a failed call into words.
 * @param timedOutAfterMs where the call was given up
 */
export function explainFailure(
  error: unknown,
  addr: string,
  timedOutAfterMs: number | undefined,
): EngineUnreachableError {
  if (timedOutAfterMs !== undefined) {
    return new EngineUnreachableError(
      `the Docker daemon at tcp://${addr} gave no answer within ${timedOutAfterMs / 1000} s`,
      { cause: error },
    );
  }
  const tls = explainTlsError(error, addr);
  if (tls !== undefined) return new EngineUnreachableError(tls, { cause: error });
  const why = systemCode(error) ?? messageOf(error);
  return new EngineUnreachableError(
    `Cannot connect to the Docker daemon at tcp://${addr}. Is the docker daemon running? (${why})`,
    { cause: error },
  );
}
