import { messageOf } from "../../kit/errors.ts";
import { compareApiVersions, isApiVersion } from "../engine/api-version.ts";
import { SwarmError } from "../errors.ts";

/** Whether a client of this version reads errors as `{"message": …}`; older ones get plain text. */
function readsJsonErrors(apiVersion: string): boolean {
  return isApiVersion(apiVersion) && compareApiVersions(apiVersion, "1.24") >= 0;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
  readonly body: string;
  readonly contentType: string;
}

/** What a client gets for something thrown; only a SwarmError says its own status. */
export function errorAnswer(error: unknown, apiVersion: string): ErrorAnswer {
  const status = error instanceof SwarmError ? httpStatus(error.status) : 500;
  const message = messageOf(error);
  return readsJsonErrors(apiVersion)
    ? { status, message, body: `${JSON.stringify({ message })}\n`, contentType: "application/json" }
    : { status, message, body: `${message}\n`, contentType: "text/plain; charset=utf-8" };
}

function httpStatus(status: number): number {
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}
