import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { HostRecord } from "../store/record.ts";
import type { Store } from "../store/store.ts";
import type { Member } from "./membership.ts";

const schema = v.object({
  /** Name of the machine's cluster; "" for the master's name. */
  cluster: v.optional(v.string(), ""),
  /** It was made for itself and joined later: removing the cluster lets it go instead of removing it. */
  joined: v.optional(v.boolean(), false),
});

export type ClusterNote = v.InferOutput<typeof schema>;

const noNote: ClusterNote = { cluster: "", joined: false };

const fileOf = (store: Store, machine: string) => join(store.machineDir(machine), ".cluster.json");

/**
 * What the store knows of a machine's cluster beyond its record. It stands in a file beside config.json, where
 * docker-machine leaves it alone.
 */
export async function readClusterNote(store: Store, machine: string): Promise<ClusterNote> {
  const text = await readTextIfPresent(fileOf(store, machine));
  if (text === undefined) return noNote;
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return noNote; // a broken side file costs the name, not the machine
  }
}

export async function writeClusterNote(store: Store, machine: string, note: ClusterNote): Promise<void> {
  await writeFileAtomic(fileOf(store, machine), `${JSON.stringify(note)}\n`);
}

export async function removeClusterNote(store: Store, machine: string): Promise<void> {
  await rm(fileOf(store, machine), { force: true });
}

/** The records with their cluster names. */
export function membersOf(store: Store, records: readonly HostRecord[]): Promise<Member[]> {
  return Promise.all(
    records.map(async (record) => {
      const isSwarm = record.HostOptions.SwarmOptions.IsSwarm;
      return { record, clusterName: isSwarm ? (await readClusterNote(store, record.Name)).cluster : "" };
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
