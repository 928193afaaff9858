import { FunctionError } from "./errors.ts";
import { GoDuration, type GoValue } from "./values.ts";

type Kind = "bool" | "int" | "float" | "string";

function basicKind(value: GoValue): Kind | undefined {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint" || value instanceof GoDuration) return "int";
  if (typeof value === "number") return "float";
  return typeof value === "string" ? "string" : undefined;
}

/** `eq`: equal to any of the others. Integers and floating point numbers cannot be compared, as in Go. */
export function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new FunctionError("missing argument for comparison");
  return others.some((other) => equals(first, other));
}

function equals(a: GoValue, b: GoValue): boolean {
  const isNil = (value: GoValue) => value === null || value === undefined;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === undefined || other === undefined) throw new FunctionError("non-comparable type");
  if (kind !== other) throw new FunctionError("incompatible types for comparison");
  return plain(a) === plain(b);
}

function plain(value: GoValue): GoValue {
  return value instanceof GoDuration ? value.milliseconds : value;
}

/** Below zero when `a` comes first, NaN when neither does. Strings compare by bytes. */
export function compareOrder(a: GoValue, b: GoValue): number {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === undefined || other === undefined) throw new FunctionError("invalid type for comparison");
  if (kind !== other) throw new FunctionError("incompatible types for comparison");
  if (kind === "bool") throw new FunctionError("invalid type for comparison");
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  return Number(plain(a)) - Number(plain(b)) || (plain(a) === plain(b) ? 0 : Number.NaN);
}
