import type { Log } from "../kit/log.ts";
import type { Io } from "./command.ts";

/** Messages go to stderr; those of debugging only when they are asked for. */
export function consoleLog(io: Pick<Io, "err">, debug: boolean): Log {
  return {
    debug: debug ? (message) => io.err(`DBG | ${message}\n`) : () => undefined,
    info: (message) => io.err(`${message}\n`),
    warn: (message) => io.err(`warning: ${message}\n`),
  };
}
