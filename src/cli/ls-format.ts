import type { ListRow } from "../machine/list.ts";
import { parseTemplate } from "../template/template.ts";
import { GoDuration, type GoValue, goStruct } from "../template/values.ts";
import { columns } from "./columns.ts";

/** Fields of a row as templates name them, with the headers of `table` formats. */
const headers: Readonly<Record<string, string>> = {
  Name: "NAME",
  Active: "ACTIVE",
  ActiveHost: "ACTIVE_HOST",
  ActiveSwarm: "ACTIVE_SWARM",
  DriverName: "DRIVER",
  State: "STATE",
  URL: "URL",
  Swarm: "SWARM",
  DockerVersion: "DOCKER",
  Error: "ERRORS",
  SwarmOptions: "SWARM_OPTIONS",
  EngineOptions: "ENGINE_OPTIONS",
  ResponseTime: "RESPONSE",
};

/**
 * Prints rows by a `--format` text: a template for each, or `table TEMPLATE` with headers and aligned columns.
 * @throws TEMPLATE_INVALID at once, for a text that is no template
 */
export function formatter(format: string): (rows: readonly ListRow[]) => string {
  const isTable = /^table(\s|$)/.test(format);
  const text = (isTable ? format.slice("table".length) : format).trim();
  const template = parseTemplate(text.replaceAll("\\t", "\t").replaceAll("\\n", "\n"));
  return (rows) => {
    const lines = rows.map((row) => template.execute(rowStruct(row)));
    if (!isTable) return lines.map((line) => `${line}\n`).join("");
    const table = [template.execute(goStruct(headers)), ...lines];
    return columns(table.flatMap((line) => line.split("\n")).map((line) => line.split("\t")));
  };
}

/** The rows of `ls --json`. */
export function jsonRows(rows: readonly ListRow[]): object[] {
  return rows.map((row) => ({
    Name: row.name,
    Active: row.active,
    ActiveHost: row.activeHost,
    ActiveSwarm: row.activeSwarm,
    DriverName: row.driverName,
    State: row.state,
    URL: row.url,
    Swarm: row.swarm,
    DockerVersion: row.dockerVersion,
    Error: row.error,
    SwarmOptions: row.swarmOptions ?? null,
    EngineOptions: row.engineOptions ?? null,
    ResponseTimeMs: Math.round(row.responseTimeMs),
  }));
}

function rowStruct(row: ListRow): GoValue {
  return goStruct({
    Name: row.name,
    Active: row.active,
    ActiveHost: row.activeHost,
    ActiveSwarm: row.activeSwarm,
    DriverName: row.driverName,
    State: row.state,
    URL: row.url,
    Swarm: row.swarm,
    DockerVersion: row.dockerVersion,
    Error: row.error,
    SwarmOptions: optionsStruct(row.swarmOptions),
    EngineOptions: optionsStruct(row.engineOptions),
    ResponseTime: new GoDuration(row.responseTimeMs),
  });
}

function optionsStruct(options: object | undefined): GoValue {
  if (options === undefined) return null;
  const fields: Record<string, GoValue> = {};
  for (const [key, value] of Object.entries(options)) fields[key] = optionValue(value);
  return goStruct(fields);
}

function optionValue(value: unknown): GoValue {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  return Array.isArray(value) ? value.map(String) : null;
}
