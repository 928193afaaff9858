import { SwarmError } from "../errors.ts";
import { isJson } from "../scheduler/json.ts";
import { parseJsonText } from "./request-json.ts";

/** The `filters` of a list request: values by key, in the order given. */
export class Filters {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @param text JSON in either form: {"key":["value"]} or {"key":{"value":true}}. @throws SwarmError 400 */
  constructor(text: string | null) {
    this.#values = text === null || text === "" ? new Map() : parse(text);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get(key: string): readonly string[] {
    return this.#values.get(key) ?? [];
  }

  /** Whether there is no such filter, or some value of it passes the test. */
  some(key: string, test: (value: string) => boolean): boolean {
    const values = this.#values.get(key);
    return values === undefined || values.some(test);
  }

  /** Whether every value passes. */
  every(key: string, test: (value: string) => boolean): boolean {
    return this.get(key).every(test);
  }

  /** A yes-or-no filter; undefined where it is not given. @throws SwarmError 400 for anything else */
  flag(key: string): boolean | undefined {
    const values = this.#values.get(key);
    if (values === undefined) return undefined;
    const [value = ""] = values;
    if (["1", "true", "True", "TRUE", "t"].includes(value)) return true;
    if (["0", "false", "False", "FALSE", "f"].includes(value)) return false;
    throw invalidFilter(key, value);
  }

  /** As JSON for an engine, some keys left out. */
  without(keys: readonly string[]): string {
    return JSON.stringify(Object.fromEntries([...this.#values].filter(([key]) => !keys.includes(key))));
  }
}

export function invalidFilter(key: string, value: string): SwarmError {
  return new SwarmError(400, `Invalid filter: 'type'='${key === "type" ? value : key}'`);
}

function parse(text: string): Map<string, readonly string[]> {
  const parsed = parseJsonText(text);
  if (!isJson(parsed)) throw new SwarmError(400, "invalid filters: not a JSON object");
  const values = new Map<string, readonly string[]>();
  for (const [key, given] of Object.entries(parsed)) {
    if (Array.isArray(given) && given.every((value) => typeof value === "string")) values.set(key, given);
    else if (isJson(given)) {
      values.set(
        key,
        Object.keys(given).filter((value) => given[value] === true),
      );
    } else throw new SwarmError(400, `invalid filters: the values of "${key}" must be a list of strings`);
  }
  return values;
}

/** Whether labels hold "key" or "key=value". */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf("=");
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  if (!Object.hasOwn(labels, key)) return false;
  return equals < 0 || labels[key] === wanted.slice(equals + 1);
}
