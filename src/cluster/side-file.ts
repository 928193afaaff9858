import { join } from "node:path";
import * as v from "valibot";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { HostRecord } from "../store/record.ts";
import type { Store } from "../store/store.ts";
import type { Member } from "./membership.ts";

const schema = v.object({
  /** Name of the machine's cluster; "" for the master's name. */
  cluster: v.optional(v.string(), ""),
});

const fileOf = (store: Store, machine: string) => join(store.machineDir(machine), ".cluster.json");

/**
 * The cluster name that a machine was given; "" where it was given none. It stands in a file beside config.json, where
 * docker-machine leaves it alone.
 */
export async function readClusterName(store: Store, machine: string): Promise<string> {
  const text = await readTextIfPresent(fileOf(store, machine));
  if (text === undefined) return "";
  try {
    return v.parse(schema, JSON.parse(text)).cluster;
  } catch {
    return ""; // a broken side file costs the name, not the machine
  }
}

/** Keeps the cluster name of a machine. */
export async function writeClusterName(store: Store, machine: string, cluster: string): Promise<void> {
  await writeFileAtomic(fileOf(store, machine), `${JSON.stringify({ cluster })}\n`);
}

/** The records with their cluster names. */
export function membersOf(store: Store, records: readonly HostRecord[]): Promise<Member[]> {
  return Promise.all(
    records.map(async (record) => {
      const isSwarm = record.HostOptions.SwarmOptions.IsSwarm;
      return { record, clusterName: isSwarm ? await readClusterName(store, record.Name) : "" };
    }),
  );
}

/** Every loadable machine of the store with its cluster name. */
export async function allMembers(store: Store): Promise<Member[]> {
  const loaded = await store.loadAll();
  return membersOf(
    store,
    loaded.flatMap(({ record }) => (record === undefined ? [] : [record])),
  );
}
