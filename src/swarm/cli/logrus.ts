import type { Clock } from "../../kit/clock.ts";
import { AppError } from "../../kit/errors.ts";
import { type LogFields, type LogLevel, logLevels, type SwarmLog } from "../log.ts";

/** A log that can also say what ends the program. */
export interface ProgramLog extends SwarmLog {
  fatal(message: string, fields?: LogFields): void;
}

/** @throws LOG_LEVEL with the text of 1.2.9 */
export function parseLogLevel(text: string): LogLevel {
  const level = text.toLowerCase();
  const name = level === "warn" ? "warning" : level;
  const found = logLevels.find((one) => one === name);
  if (found === undefined) throw new AppError("LOG_LEVEL", `not a valid logrus Level: "${text}"`);
  return found;
}

/** Log lines as logrus writes them off a terminal: `time="…" level=info msg="…" key=value`. */
export function logrusLog(write: (line: string) => void, threshold: LogLevel, clock: Clock): ProgramLog {
  const limit = logLevels.indexOf(threshold);
  const log =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < limit) return;
      const more = Object.keys(fields)
        .sort()
        .map((key) => ` ${key}=${quoted(String(fields[key]))}`)
        .join("");
      write(`time="${rfc3339(clock.now())}" level=${level} msg=${quoted(message)}${more}\n`);
    };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warning"),
    error: log("error"),
    fatal: log("fatal"),
  };
}

/** The same lines as JSON, one object each, for programs that collect logs. */
export async function jsonLog(write: (line: string) => void, threshold: LogLevel): Promise<ProgramLog> {
  const { pino, stdTimeFunctions } = await import("pino");
  const levels = { warning: "warn", panic: "fatal" } as const;
  const logger = pino(
    {
      base: null,
      level: threshold === "warning" || threshold === "panic" ? levels[threshold] : threshold,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write },
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    fatal: (message, fields = {}) => logger.fatal(fields, message),
  };
}

/** logrus leaves a value bare only where no reader could stumble over it. */
function quoted(text: string): string {
  return /^[A-Za-z0-9\-._/@^+]+$/.test(text) ? text : goQuote(text);
}

/** Go's %q for text that is mostly plain. */
function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, "\\x7f");
}

function rfc3339(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const size = Math.abs(offset);
  return `${local}${offset < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** A line of Go's plain logger. */
export function plainLogLine(message: string, ms: number): string {
  const now = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
  return `${now.slice(0, 10).replaceAll("-", "/")} ${now.slice(11, 19)} ${message}\n`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
