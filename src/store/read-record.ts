import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf, systemCode } from "../kit/errors.ts";
import { machineNotFound, recordMissing, recordTooBig, recordUnreadable } from "./errors.ts";
import type { JsonObject } from "./fields.ts";
import { migrateRecord } from "./migrations/migrate.ts";
import { currentVersion, parseObject, parseRecord, versionOf } from "./parse.ts";
import { rebasePaths } from "./rebase.ts";
import type { HostRecord } from "./record.ts";

const maxBytes = 2 * 1024 * 1024;

/** A record as read, and what stood in the file. */
export interface ReadRecord {
  readonly record: HostRecord;
  readonly text: string;
  /** The file holds an older version and is to be written anew. */
  readonly migrated: boolean;
}

/**
 * Reads config.json, synchronously: a hundred small files are read in the time that a hundred trips to a thread
 * pool take to set up.
 * @throws only AppError, whatever is in the file
 */
export function readRecord(root: string, name: string): ReadRecord {
  const text = readText(join(root, "machines", name, "config.json"), name);
  const object = parseObject(text);
  const version = versionOf(object);
  const current: JsonObject = version === currentVersion ? object : migrateRecord(object, version, root);
  const record = rebasePaths(parseRecord(current, name), root, holdsMachines);
  return { record, text, migrated: version !== currentVersion };
}

/** The text of config.json; throws AppError. */
function readText(path: string, name: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    if (size > maxBytes) throw recordTooBig(size);
    return readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw readFailure(path, name, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readFailure(path: string, name: string, error: unknown): AppError {
  const code = systemCode(error);
  if (code !== "ENOENT" && code !== "ENOTDIR") return recordUnreadable(messageOf(error), error);
  return existsSync(join(path, "..")) ? recordMissing(name) : machineNotFound(name);
}

function holdsMachines(root: string): boolean {
  return statSync(join(root, "machines"), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
