import type { Log } from "../../kit/log.ts";
import { SwarmError } from "../errors.ts";
import { numberAt, textAt, textsAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

/** What an engine says of itself. */
export interface EngineSpecs {
  /** "<engine id>|<addr>" */
  readonly id: string;
  readonly name: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly serverVersion: string;
  readonly clockDeltaMs: number;
  /** SystemTime as the engine wrote it; "" where it did not. */
  readonly systemTime: string;
}

const clockToleranceMs = 2_000;

/**
 * Reads GET /info and GET /version.
 * @throws SwarmError where it is no engine, or a label is malformed
 */
export function readSpecs(addr: string, info: Json, version: Json, now: number, log: Log): EngineSpecs {
  const cpus = numberAt(info, "NCPU");
  const memoryBytes = numberAt(info, "MemTotal");
  if (cpus <= 0 || memoryBytes <= 0 || textAt(info, "ServerVersion").startsWith("swarm/")) {
    throw new SwarmError(
      500,
      `cannot get resources for this engine, make sure ${addr} is a Docker Engine, not a Swarm manager`,
    );
  }
  const id = `${textAt(info, "ID")}|${addr}`;
  const systemTime = textAt(info, "SystemTime");
  const engineTime = Date.parse(systemTime);
  const delta = Number.isNaN(engineTime) ? 0 : now - engineTime;
  const clockDeltaMs = Math.abs(delta) < clockToleranceMs ? 0 : delta;
  const name = textAt(info, "Name");
  if (clockDeltaMs !== 0)
    log.warn(`the clock of ${name} (${addr}) differs from this manager's by ${Math.round(delta / 1000)} s`);
  return {
    id,
    name,
    cpus,
    memoryBytes,
    labels: labelsOf(id, addr, info, log),
    serverVersion: textAt(version, "Version") || textAt(info, "ServerVersion"),
    clockDeltaMs,
    systemTime,
  };
}

function labelsOf(id: string, addr: string, info: Json, log: Log): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const label of textsAt(info, "Labels")) {
    const at = label.indexOf("=");
    if (at < 0) {
      throw new SwarmError(
        500,
        `Engine (ID: ${id}, Addr: ${addr}) contains an invalid label (${label}) not formatted as "key=value".`,
      );
    }
    const key = label.slice(0, at);
    if (key === "node")
      log.warn(`the engine at ${addr} has a label "node", which is ignored: it means the node's name`);
    else labels[key] = label.slice(at + 1);
  }
  const standard = {
    storagedriver: textAt(info, "Driver"),
    kernelversion: textAt(info, "KernelVersion"),
    operatingsystem: textAt(info, "OperatingSystem"),
    ostype: textAt(info, "OSType"),
  };
  for (const [key, value] of Object.entries(standard)) if (value !== "") labels[key] = value;
  return labels;
}
