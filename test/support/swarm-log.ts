import type { LogFields, SwarmLog } from "../../src/swarm/log.ts";

/** A log that keeps its lines as "level message key=value". */
export function recordingLog(): SwarmLog & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push(
        [level, message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(" "),
      );
    };
  return { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}
