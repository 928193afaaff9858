import type { FlagSpec, FlagValue, FlagValues } from "../driver/flags.ts";
import { usageError } from "../kit/errors.ts";
import type { Env } from "../kit/process.ts";

/** The values of flags: the command line first, then the environment, then defaults; lists take both. */
export function flagValues(
  specs: readonly FlagSpec[],
  given: ReadonlyMap<string, readonly string[]>,
  env: Env,
): FlagValues {
  const values = new Map<string, { value: FlagValue; isSet: boolean }>();
  for (const spec of specs) values.set(spec.name, decide(spec, given.get(spec.name), env));
  const entry = (name: string) => {
    const found = values.get(name);
    if (found === undefined) throw new TypeError(`no flag is named "${name}"`);
    return found;
  };
  const typed = <T extends FlagValue>(name: string, is: (value: FlagValue) => value is T): T => {
    const { value } = entry(name);
    if (!is(value)) throw new TypeError(`the flag "${name}" has another type`);
    return value;
  };
  return {
    string: (name) => typed(name, (value) => typeof value === "string"),
    int: (name) => typed(name, (value) => typeof value === "number"),
    bool: (name) => typed(name, (value) => typeof value === "boolean"),
    list: (name) => typed(name, (value): value is readonly string[] => Array.isArray(value)),
    isSet: (name) => entry(name).isSet,
  };
}

function decide(
  spec: FlagSpec,
  given: readonly string[] | undefined,
  env: Env,
): { value: FlagValue; isSet: boolean } {
  const fromEnv = spec.env === undefined ? "" : (env[spec.env] ?? "");
  if (spec.type === "list") {
    const value = [...splitList(fromEnv), ...(given ?? [])];
    return { value, isSet: value.length > 0 };
  }
  const text = given?.at(-1);
  if (text !== undefined) return { value: parseGiven(spec, text), isSet: true };
  const fallback = spec.type === "bool" ? false : spec.default;
  if (fromEnv === "") return { value: fallback, isSet: false };
  // an environment value that does not parse is passed over, as docker-machine does
  const value = parseValue(spec, fromEnv);
  return value === undefined ? { value: fallback, isSet: false } : { value, isSet: true };
}

function splitList(text: string): string[] {
  return text === "" ? [] : text.split(",").map((part) => part.trim());
}

function parseGiven(spec: FlagSpec, text: string): FlagValue {
  const value = parseValue(spec, text);
  if (value === undefined) {
    const wanted = spec.type === "int" ? "a whole number" : "true or false";
    throw usageError(`--${spec.name} takes ${wanted}, not "${text}"`);
  }
  if (spec.type === "string" && spec.choices !== undefined && !spec.choices.includes(text)) {
    throw usageError(`--${spec.name} takes one of ${spec.choices.join(", ")}, not "${text}"`);
  }
  return value;
}

function parseValue(spec: FlagSpec, text: string): FlagValue | undefined {
  switch (spec.type) {
    case "string":
      return text;
    case "list":
      return [text];
    case "bool":
      return parseBool(text);
    case "int":
      return parseInteger(text);
  }
}

function parseInteger(text: string): number | undefined {
  if (!/^[+-]?(?:\d+|0[xX][0-9a-fA-F]+)$/.test(text.trim())) return undefined;
  const negative = text.trim().startsWith("-");
  const value = Number(text.trim().replace(/^[+-]/, ""));
  if (!Number.isSafeInteger(value)) return undefined;
  return negative && value !== 0 ? -value : value;
}

/** The texts that Go's strconv.ParseBool takes; undefined for others. */
export function parseBool(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return undefined;
}
