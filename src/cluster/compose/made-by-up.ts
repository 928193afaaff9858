import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../../kit/fs.ts";
import type { Store } from "../../store/store.ts";

const schema = v.object({
  version: v.literal(1),
  /** Absolute path of the compose file. */
  file: v.string(),
  clusters: v.array(v.string()),
  machines: v.array(v.string()),
});

/** What `up` made for a compose file, so that `down` removes no more than that. */
export type MadeByUp = v.InferOutput<typeof schema>;

const folder = (store: Store) => join(store.root, ".machine", "compose");
const fileOf = (store: Store, file: string) =>
  join(folder(store), `${createHash("sha256").update(file).digest("hex").slice(0, 16)}.json`);

export async function readMade(store: Store, file: string): Promise<MadeByUp> {
  const text = await readTextIfPresent(fileOf(store, file));
  const none: MadeByUp = { version: 1, file, clusters: [], machines: [] };
  if (text === undefined) return none;
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return none; // unreadable: nothing is known to be ours
  }
}

/** To be written before something is made. */
export async function writeMade(store: Store, made: MadeByUp): Promise<void> {
  await ensureDirectory(folder(store));
  await writeFileAtomic(fileOf(store, made.file), `${JSON.stringify(made, null, 2)}\n`);
}

export async function removeMade(store: Store, file: string): Promise<void> {
  await rm(fileOf(store, file), { force: true });
}
