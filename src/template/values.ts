/**
 * What templates work on. Integers are bigint, floating point numbers are number, as Go tells them apart (numbers
 * that were read from JSON are floating point). `null` is Go's nil; `undefined` is the value that is not there.
 */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly GoValue[]
  | GoMap
  | GoStruct
  | GoDuration;

/** A map with string keys. */
export interface GoMap {
  readonly [key: string]: GoValue;
}

/** A value with fixed fields: a name that is not among them is an error. */
export class GoStruct {
  readonly fields: ReadonlyMap<string, GoValue>;
  readonly typeName: string;

  constructor(fields: ReadonlyMap<string, GoValue>, typeName: string) {
    this.fields = fields;
    this.typeName = typeName;
  }
}

/** A time.Duration. */
export class GoDuration {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  toString(): string {
    const ms = Math.max(0, this.milliseconds);
    if (ms === 0) return "0s";
    if (ms < 1000) return `${Number(ms.toFixed(3))}ms`;
    const seconds = ms / 1000;
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const rest = `${Number((seconds % 60).toFixed(6))}s`;
    if (hours > 0) return `${hours}h${minutes}m${rest}`;
    return minutes > 0 ? `${minutes}m${rest}` : rest;
  }
}

/** A struct of these fields. */
export function goStruct(fields: Readonly<Record<string, GoValue>>, typeName = "struct"): GoStruct {
  return new GoStruct(new Map(Object.entries(fields)), typeName);
}

/** True for a list. */
export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** True for a map, not for lists, structs and durations. */
export function isMap(value: GoValue): value is GoMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof GoStruct) &&
    !(value instanceof GoDuration)
  );
}

/** The keys of a map in the order in which Go ranges over and prints them. */
export function sortedKeys(map: GoMap): string[] {
  return Object.keys(map).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The value of a key; undefined where there is none, whatever Object.prototype has. */
export function lookUp(map: GoMap, key: string): GoValue {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** The type as `%T` and error messages name it. */
export function typeName(value: GoValue): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return "string";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (value instanceof GoStruct) return value.typeName;
  if (value instanceof GoDuration) return "time.Duration";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

/** What `if` and `and` take for true: everything but zero, nil and the empty. */
export function isTrue(value: GoValue): boolean {
  if (value instanceof GoStruct) return true;
  if (value instanceof GoDuration) return value.milliseconds !== 0;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}
