import type { MachineState } from "../driver/driver.ts";
import type { EngineOptions, HostRecord, SwarmOptions } from "../store/record.ts";
import type { MachineContext } from "./context.ts";
import type { Machine } from "./machine.ts";

/** What src/cluster adds to the list. */
export interface ClusterView {
  /** SWARM column by machine name, from the records of the whole store ("master (master)", "master", ""). */
  swarmColumn(records: readonly HostRecord[]): ReadonlyMap<string, string>;
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
export declare function listMachines(
  ctx: MachineContext,
  query: ListQuery,
  view: ClusterView,
): Promise<ListRow[]>;

/** Names for `ls -q`: byte order, no broken machines, hosts asked only for a `state` filter. */
export declare function listNames(
  ctx: MachineContext,
  query: ListQuery,
  view: ClusterView,
): Promise<string[]>;
