import type { MachineState, StateAnswer } from "../driver/driver.ts";
import { messageOf } from "../kit/errors.ts";
import type { EngineOptions, HostRecord, SwarmOptions } from "../store/record.ts";
import type { Loaded } from "../store/store.ts";
import type { MachineContext } from "./context.ts";
import { type ListFilters, matchesRecord, matchesState, parseFilters } from "./list-filter.ts";
import { type Machine, withMachine } from "./machine.ts";
import { compareNatural } from "./natural-order.ts";
import { askStates, type PendingStates } from "./states.ts";

/** What src/cluster adds to the list. */
export interface ClusterView {
  /** SWARM column by machine name, from the records of the whole store ("master (master)", "master", ""). */
  swarmColumn(
    records: readonly HostRecord[],
  ): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>;
  /** Where the client reaches the machine's manager; undefined when the machine is no master. */
  swarmUrl(machine: Machine, engineUrl: string): Promise<string | undefined>;
}

export interface ListRow {
  readonly name: string;
  /** "*", "* (swarm)", "-", or "" when timed out or not loadable. */
  readonly active: string;
  readonly activeHost: boolean;
  readonly activeSwarm: boolean;
  readonly driverName: string;
  readonly state: MachineState;
  readonly url: string;
  readonly swarm: string;
  /** "v28.0.1", "Unknown" or "". */
  readonly dockerVersion: string;
  readonly error: string;
  readonly swarmOptions: SwarmOptions | undefined;
  readonly engineOptions: EngineOptions | undefined;
  readonly responseTimeMs: number;
}

export interface ListQuery {
  /** As typed: "driver=none". */
  readonly filters: readonly string[];
  readonly timeoutMs: number;
}

/** All rows of `ls` in natural order of names; broken machines have a row, whatever the filters. */
export async function listMachines(
  ctx: MachineContext,
  query: ListQuery,
  view: ClusterView,
): Promise<ListRow[]> {
  const { broken, chosen, swarm, filters } = await choose(ctx, query, view);
  const states = askStates(ctx, chosen);
  const rows = await Promise.all(
    chosen.map((record) =>
      withTimeout(ctx, record, query.timeoutMs, () => fullRow(ctx, record, swarm, states, view)),
    ),
  );
  const wanted = rows.filter((row) => matchesState(filters, row.state));
  return [...wanted, ...broken].sort((a, b) => compareNatural(a.name, b.name));
}

/** Names for `ls -q`: byte order, no broken machines, hosts asked only for a `state` filter. */
export async function listNames(ctx: MachineContext, query: ListQuery, view: ClusterView): Promise<string[]> {
  const { chosen, filters } = await choose(ctx, query, view);
  if (filters.states.length === 0) return chosen.map(({ Name }) => Name);
  const states = askStates(ctx, chosen);
  const rows = await Promise.all(
    chosen.map((record) =>
      withTimeout(ctx, record, query.timeoutMs, async () => {
        const { state } = await stateOf(states, record);
        return { ...emptyRow(record), state };
      }),
    ),
  );
  return rows.filter((row) => matchesState(filters, row.state)).map(({ name }) => name);
}

interface Choice {
  readonly filters: ListFilters;
  readonly broken: readonly ListRow[];
  readonly chosen: readonly HostRecord[];
  readonly swarm: ReadonlyMap<string, string>;
}

async function choose(ctx: MachineContext, query: ListQuery, view: ClusterView): Promise<Choice> {
  const filters = parseFilters(query.filters);
  const loaded = await ctx.store.loadAll();
  const records = loaded.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const swarm = records.length === 0 ? new Map<string, string>() : await view.swarmColumn(records);
  const chosen = records.filter((record) => matchesRecord(filters, record, swarm.get(record.Name) ?? ""));
  return { filters, broken: loaded.flatMap(brokenRow), chosen, swarm };
}

function brokenRow({ name, error }: Loaded): ListRow[] {
  if (error === undefined) return [];
  const state = "Error" as const;
  return [{ ...blank, name, driverName: "not found", state, error: oneLine(error.message) }];
}

const blank: ListRow = {
  name: "",
  active: "",
  activeHost: false,
  activeSwarm: false,
  driverName: "",
  state: "",
  url: "",
  swarm: "",
  dockerVersion: "",
  error: "",
  swarmOptions: undefined,
  engineOptions: undefined,
  responseTimeMs: 0,
};

function emptyRow(record: HostRecord): ListRow {
  return { ...blank, name: record.Name, driverName: record.DriverName };
}

function stateOf(states: PendingStates, record: HostRecord): Promise<StateAnswer> {
  return states.get(record.Name) ?? Promise.resolve({ state: "", url: "" });
}

/** A row without state when the machine did not answer in time. */
async function withTimeout(
  ctx: MachineContext,
  record: HostRecord,
  timeoutMs: number,
  task: () => Promise<ListRow>,
): Promise<ListRow> {
  const started = ctx.clock.monotonic();
  const timer = new AbortController();
  const limit = ctx.clock.delay(timeoutMs, timer.signal).then(
    (): ListRow => ({ ...emptyRow(record), state: "Timeout" }),
    () => undefined, // the answer was there first
  );
  try {
    const row = (timeoutMs <= 0 ? undefined : await Promise.race([task(), limit])) ?? {
      ...emptyRow(record),
      state: "Timeout" as const,
    };
    return { ...row, responseTimeMs: ctx.clock.monotonic() - started };
  } finally {
    timer.abort();
  }
}

async function fullRow(
  ctx: MachineContext,
  record: HostRecord,
  swarm: ReadonlyMap<string, string>,
  states: PendingStates,
  view: ClusterView,
): Promise<ListRow> {
  const module = await ctx.drivers.find(record.DriverName);
  const answer = await stateOf(states, record);
  const { EngineOptions: engineOptions, SwarmOptions: swarmOptions } = record.HostOptions;
  const row: ListRow = {
    ...emptyRow(record),
    driverName: module.features.isUnknown === true ? "not-found" : record.DriverName,
    state: answer.state,
    url: answer.url,
    active: "-",
    swarm: swarm.get(record.Name) ?? "",
    dockerVersion: "Unknown",
    error: oneLine(answer.error ?? (await unfinished(ctx, record))),
    swarmOptions,
    engineOptions,
  };
  if (answer.state !== "Running") return row;
  return withMachine(ctx, record, async (machine) => {
    try {
      const url = answer.url || (await machine.driver.url());
      return await runningRow(machine, { ...row, url }, view);
    } catch (error) {
      return { ...row, error: row.error || oneLine(messageOf(error)) };
    }
  });
}

async function runningRow(machine: Machine, row: ListRow, view: ClusterView): Promise<ListRow> {
  const dockerHost = machine.ctx.env["DOCKER_HOST"] ?? "";
  const activeHost = row.url !== "" && row.url === dockerHost;
  const isMaster = machine.record.HostOptions.SwarmOptions.Master;
  const activeSwarm = isMaster && dockerHost !== "" && (await view.swarmUrl(machine, row.url)) === dockerHost;
  const active = activeSwarm ? "* (swarm)" : activeHost ? "*" : "-";
  const { askEngine } = await import("./list-engine.ts");
  const engine = row.url === "" ? {} : await askEngine(machine, row.url);
  return {
    ...row,
    active,
    activeHost,
    activeSwarm,
    ...engine,
    error: row.error || oneLine(engine.error ?? ""),
  };
}

async function unfinished(ctx: MachineContext, record: HostRecord): Promise<string> {
  const journal = await ctx.store.readJournal(record.Name);
  if (journal === undefined) return "";
  return `its create has not finished (step "${journal.step}"): create again goes on, rm removes it`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
