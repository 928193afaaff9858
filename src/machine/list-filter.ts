import type { MachineState } from "../driver/driver.ts";
import { AppError } from "../kit/errors.ts";
import type { HostRecord } from "../store/record.ts";

/** Filters of `ls`: a machine must match one value of each key that is there. */
export interface ListFilters {
  readonly names: readonly RegExp[];
  readonly drivers: readonly string[];
  readonly states: readonly string[];
  readonly swarms: readonly string[];
  readonly labels: readonly string[];
}

const filterInvalid = (message: string) =>
  new AppError("FILTER_INVALID", message, {
    hint: "filters: name=REGEXP, driver=NAME, state=STATE, swarm=MASTER, label=KEY=VALUE",
  });

/** Reads `--filter` texts; keys match whatever their case. Throws FILTER_INVALID. */
export function parseFilters(texts: readonly string[]): ListFilters {
  const byKey = new Map<string, string[]>([
    ["name", []],
    ["driver", []],
    ["state", []],
    ["swarm", []],
    ["label", []],
  ]);
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 0) throw filterInvalid(`unsupported filter syntax: "${text}" has no "="`);
    const values = byKey.get(text.slice(0, at).toLowerCase());
    if (values === undefined) throw filterInvalid(`there is no filter "${text.slice(0, at)}"`);
    values.push(text.slice(at + 1));
  }
  const values = (key: string) => byKey.get(key) ?? [];
  return {
    names: values("name").map(pattern),
    drivers: values("driver").map(lower),
    states: values("state").map(lower),
    swarms: values("swarm").map(lower),
    labels: values("label"),
  };
}

/** Go's inline flags at the start, (?i), are the one common form that JavaScript lacks. */
function pattern(text: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(text);
  try {
    return new RegExp(flags === null ? text : text.slice(flags[0].length), flags?.[1] ?? "");
  } catch (error) {
    throw new AppError("FILTER_INVALID", `the filter "name=${text}" is not a regular expression`, {
      cause: error,
    });
  }
}

/** What can be told from the record alone. */
export function matchesRecord(filters: ListFilters, record: HostRecord, swarm: string): boolean {
  const cluster = swarm.replace(/ \(master\)$/, "").toLowerCase();
  const { Labels } = record.HostOptions.EngineOptions;
  return (
    any(filters.names, (name) => name.test(record.Driver.MachineName)) &&
    any(filters.drivers, (driver) => driver === record.DriverName.toLowerCase()) &&
    any(filters.swarms, (master) => master === cluster) &&
    any(filters.labels, (label) => Labels.some((present) => matchesLabel(label, present)))
  );
}

export function matchesState(filters: ListFilters, state: MachineState): boolean {
  return any(filters.states, (wanted) => wanted === state.toLowerCase());
}

/** Key exact, value whatever its case; a key alone asks whether there is such a label. */
function matchesLabel(wanted: string, present: string): boolean {
  const [key, value] = split(present);
  const [wantedKey, wantedValue] = split(wanted);
  return (
    key === wantedKey && (wantedValue === undefined || value?.toLowerCase() === wantedValue.toLowerCase())
  );
}

function split(label: string): [key: string, value: string | undefined] {
  const at = label.indexOf("=");
  return at < 0 ? [label, undefined] : [label.slice(0, at), label.slice(at + 1)];
}

function any<T>(wanted: readonly T[], matches: (one: T) => boolean): boolean {
  return wanted.length === 0 || wanted.some(matches);
}

const lower = (text: string) => text.toLowerCase();
