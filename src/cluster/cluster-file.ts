import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { systemCode } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { Store } from "../store/store.ts";

const schema = v.object({
  version: v.literal(1),
  name: v.string(),
  /** The discovery text that all its machines' records hold. */
  discovery: v.string(),
  /** Names of the machines that `cluster create` and `scale` planned; others may have joined. */
  masters: v.array(v.string()),
  nodes: v.array(v.string()),
  driver: v.string(),
  /** Flags that `cluster create` was given, with their values: further machines get the same. */
  options: v.optional(v.record(v.string(), v.array(v.string())), {}),
});

/** What a cluster was planned to be: `<root>/.machine/clusters/NAME.json`. */
export type ClusterPlan = v.InferOutput<typeof schema>;

const folder = (store: Store) => join(store.root, ".machine", "clusters");
const fileOf = (store: Store, name: string) => join(folder(store), `${name}.json`);

/** The plan of a cluster; undefined when it was never planned, as for clusters made machine by machine. */
export async function readPlan(store: Store, name: string): Promise<ClusterPlan | undefined> {
  const text = await readTextIfPresent(fileOf(store, name));
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined; // the machines themselves say what the cluster is
  }
}

export async function writePlan(store: Store, plan: ClusterPlan): Promise<void> {
  await ensureDirectory(folder(store));
  await writeFileAtomic(fileOf(store, plan.name), `${JSON.stringify(plan, null, 2)}\n`);
}

export async function removePlan(store: Store, name: string): Promise<void> {
  await rm(fileOf(store, name), { force: true });
}

/** Names of all planned clusters, sorted. */
export async function plannedClusters(store: Store): Promise<string[]> {
  try {
    const files = await readdir(folder(store));
    return files.flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : [])).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
