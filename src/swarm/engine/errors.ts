import { SwarmError } from "../errors.ts";

/** The engine answered with an error status; `detail` is its own text. */
export class EngineHttpError extends SwarmError {
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(status, `Error response from daemon: ${detail}`);
    this.name = "EngineHttpError";
    this.detail = detail;
  }
}

/** The engine could not be reached, did not answer in time, or what came was no answer. */
export class EngineUnreachableError extends SwarmError {
  constructor(message: string, options?: ErrorOptions) {
    super(500, message, options);
    this.name = "EngineUnreachableError";
  }
}
