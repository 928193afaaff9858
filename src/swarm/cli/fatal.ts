import { AppError } from "../../kit/errors.ts";

/** Something that ends the program with exit code 1; the texts are those of 1.2.9, which scripts look for. */
export function fatal(message: string, hint?: string): AppError {
  return new AppError("SWARM", message, hint === undefined ? {} : { hint });
}
