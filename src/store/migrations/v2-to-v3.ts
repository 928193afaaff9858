import { dirname } from "node:path";
import { Fields, isJsonObject, type JsonObject } from "../fields.ts";

/**
 * Before 0.5: the driver's StorePath was the machine's directory, since then it is the store's root.
 * Source: docs/compat.md, "Stores of older versions".
 * @param root taken where the record does not tell
 */
export function migrate(old: JsonObject, root: string): JsonObject {
  const driver = new Fields(old, "").get("Driver");
  const machineDir = new Fields(old, "").object("HostOptions").object("AuthOptions").string("StorePath");
  const oldRoot = dirname(dirname(machineDir));
  const known = dirname(machineDir).endsWith("machines") && oldRoot !== ".";
  return {
    ...old,
    ConfigVersion: 3,
    Driver: isJsonObject(driver)
      ? { ...withoutStorePath(driver), StorePath: known ? oldRoot : root }
      : driver,
  };
}

function withoutStorePath(driver: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(driver).filter(([key]) => key.toLowerCase() !== "storepath"));
}
