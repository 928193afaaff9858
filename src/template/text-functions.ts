import { FunctionError } from "./errors.ts";
import type { TemplateFunction } from "./evaluate.ts";
import { printValue } from "./print.ts";
import { type GoValue, isList, typeName } from "./values.ts";

/** The functions of docker's `--format`, each with its number of arguments. Source: docker's "Format command output". */
export const textFunctions: ReadonlyArray<readonly [string, number, TemplateFunction]> = [
  ["lower", 1, ([value]) => text(value).toLowerCase()],
  ["upper", 1, ([value]) => text(value).toUpperCase()],
  ["title", 1, ([value]) => title(text(value))],
  ["join", 2, ([items, separator]) => list(items).map(printValue).join(text(separator))],
  ["split", 2, ([value, separator]) => text(value).split(text(separator))],
  ["pad", 3, ([value, before, after]) => pad(text(value), blanks(before), blanks(after))],
  ["truncate", 2, ([value, most]) => [...text(value)].slice(0, integer(most)).join("")],
];

function title(value: string): string {
  return value.replace(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_all, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** An empty text stays empty. */
function pad(value: string, before: number, after: number): string {
  return value === "" ? "" : " ".repeat(before) + value + " ".repeat(after);
}

function text(value: GoValue): string {
  if (typeof value === "string") return value;
  throw new FunctionError(`wrong type for value; expected string; got ${typeName(value)}`);
}

function list(value: GoValue): readonly GoValue[] {
  if (value !== null && value !== undefined && isList(value)) return value;
  throw new FunctionError(`wrong type for value; expected []string; got ${typeName(value)}`);
}

function blanks(value: GoValue): number {
  const count = integer(value);
  if (count > 10_000) throw new FunctionError(`${count} blanks are too many`);
  return count;
}

function integer(value: GoValue): number {
  const count = typeof value === "bigint" ? Number(value) : value;
  if (typeof count === "number" && Number.isInteger(count)) return Math.max(0, count);
  throw new FunctionError(`wrong type for value; expected int; got ${typeName(value)}`);
}
