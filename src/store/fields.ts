import { AppError } from "../kit/errors.ts";

/** A plain object from outside, whose values nobody has looked at. */
export type JsonObject = Record<string, unknown>;

/** Tells whether a parsed value is an object, not null and not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The record's JSON does not have the shape of a machine. */
export const recordInvalid = (message: string, cause?: unknown) =>
  new AppError("RECORD_INVALID", message, {
    cause,
    hint: "mend config.json in the machine's directory, or remove the machine with machine rm -f",
  });

/**
 * Reads the known keys of one object as Go's encoding/json does: keys match whatever their case, of several matches
 * the last counts, null and a missing key give the zero value, a wrong type is an error that names the key.
 */
export class Fields {
  private readonly where: string;
  private readonly values = new Map<string, unknown>();

  constructor(value: unknown, where: string) {
    this.where = where;
    if (value === null || value === undefined) return;
    if (!isJsonObject(value)) throw recordInvalid(`${where || "config.json"} is not an object`);
    for (const [key, item] of Object.entries(value)) this.values.set(key.toLowerCase(), item);
  }

  string(key: string, zero = ""): string {
    const value = this.get(key);
    if (value === undefined) return zero;
    if (typeof value !== "string") throw this.wrong(key, "a string");
    return value;
  }

  number(key: string, zero = 0): number {
    const value = this.get(key);
    if (value === undefined) return zero;
    if (typeof value !== "number") throw this.wrong(key, "a number");
    return value;
  }

  boolean(key: string, zero = false): boolean {
    const value = this.get(key);
    if (value === undefined) return zero;
    if (typeof value !== "boolean") throw this.wrong(key, "true or false");
    return value;
  }

  list(key: string): readonly string[] {
    const value = this.get(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.wrong(key, "a list of strings");
    return value.map((item: unknown) => {
      if (item === null) return "";
      if (typeof item !== "string") throw this.wrong(key, "a list of strings");
      return item;
    });
  }

  object(key: string): Fields {
    return new Fields(this.get(key), this.path(key));
  }

  /** The value as it is; undefined for null and for a missing key. */
  get(key: string): unknown {
    return this.values.get(key.toLowerCase()) ?? undefined;
  }

  private path(key: string): string {
    return this.where === "" ? key : `${this.where}.${key}`;
  }

  private wrong(key: string, expected: string): AppError {
    return recordInvalid(`${this.path(key)} in config.json is not ${expected}`);
  }
}
