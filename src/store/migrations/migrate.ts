import type { JsonObject } from "../fields.ts";
import { migrate as v0 } from "./v0-to-v1.ts";
import { migrate as v1 } from "./v1-to-v2.ts";
import { migrate as v2 } from "./v2-to-v3.ts";

/** One step for each old version, in their order. */
const steps: readonly ((old: JsonObject, root: string) => JsonObject)[] = [v0, v1, v2];

/** Brings a parsed config.json of an older version to the present one; the input stays as it is. */
export function migrateRecord(object: JsonObject, version: number, root: string): JsonObject {
  return steps.slice(version).reduce((record, step) => step(record, root), object);
}
