/** What stands behind a message as `key=value`. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export const logLevels = ["debug", "info", "warning", "error", "fatal", "panic"] as const;
export type LogLevel = (typeof logLevels)[number];

/** The log of manager and agent; fits wherever kit's `Log` is asked for. */
export interface SwarmLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
