import { AppError } from "../kit/errors.ts";
import type { Io } from "./command.ts";

/**
 * Asks a question that may be answered with y.
 * @param instead what to type where nobody can answer
 * @throws NOT_CONFIRMED when stdin is no terminal and gives no line
 */
export async function confirm(io: Io, question: string, instead: string): Promise<boolean> {
  const answer = await io.ask(`${question} (y/n): `);
  if (answer === undefined) {
    throw new AppError("NOT_CONFIRMED", "nobody answered the question, so nothing was done", {
      hint: instead,
    });
  }
  return /^\s*y/i.test(answer);
}
