import { FunctionError } from "./errors.ts";
import { type GoValue, isList, isMap, lookUp, typeName } from "./values.ts";

/** `len`; strings count in bytes. */
export function length(value: GoValue): bigint {
  if (typeof value === "string") return BigInt(Buffer.byteLength(value));
  if (value === null || value === undefined) throw new FunctionError("len of nil pointer");
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new FunctionError(`len of type ${typeName(value)}`);
}

/** `index x 1 2 3`: x[1][2][3]; a missing key of a map gives nothing. */
export function index(value: GoValue, keys: readonly GoValue[]): GoValue {
  if (value === undefined || value === null) throw new FunctionError("index of untyped nil");
  let item: GoValue = value;
  for (const key of keys) {
    if (item === null || item === undefined) throw new FunctionError("index of nil pointer");
    item = element(item, key);
  }
  return item;
}

function element(item: GoValue, key: GoValue): GoValue {
  if (isList(item)) return item[position(key, item.length, "index")];
  if (typeof item === "string") {
    const bytes = Buffer.from(item);
    return BigInt(bytes[position(key, bytes.length, "index")] ?? 0);
  }
  if (isMap(item)) {
    if (key === null || key === undefined) throw new FunctionError("value is nil; should be of type string");
    if (typeof key !== "string") throw new FunctionError(`value has type ${typeName(key)}; should be string`);
    return lookUp(item, key);
  }
  throw new FunctionError(`can't index item of type ${typeName(item)}`);
}

function position(key: GoValue, size: number, what: "index" | "slice"): number {
  if (key === null || key === undefined) throw new FunctionError(`cannot ${what} slice/array with nil`);
  if (typeof key !== "bigint") {
    throw new FunctionError(`cannot ${what} slice/array with type ${typeName(key)}`);
  }
  const last = what === "slice" ? BigInt(size) : BigInt(size) - 1n;
  if (key < 0n || key > last) throw new FunctionError(`index out of range: ${key}`);
  return Number(key);
}

/** `slice x 1 2`: x[1:2]; strings are cut between bytes. */
export function slice(value: GoValue, bounds: readonly GoValue[]): GoValue {
  if (value === null || value === undefined) throw new FunctionError("slice of untyped nil");
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  if (typeof value === "string") {
    if (bounds.length === 3) throw new FunctionError("cannot 3-index slice a string");
    const bytes = Buffer.from(value);
    const [from, to] = range(bounds, bytes.length);
    return bytes.subarray(from, to).toString("utf8");
  }
  if (!isList(value)) throw new FunctionError(`can't slice item of type ${typeName(value)}`);
  const [from, to] = range(bounds, value.length);
  return value.slice(from, to);
}

function range(bounds: readonly GoValue[], size: number): [number, number] {
  const [from = 0, to = size, limit = size] = bounds.map((bound) => position(bound, size, "slice"));
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  if (to > limit) throw new FunctionError(`invalid slice index: ${to} > ${limit}`);
  return [from, to];
}
