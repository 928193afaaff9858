import { index, length, slice } from "./collections.ts";
import { compareOrder, equalsAny } from "./compare.ts";
import { FunctionError } from "./errors.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import type { TemplateFunction } from "./evaluate.ts";
import { goJson } from "./json.ts";
import { printValue, sprint } from "./print.ts";
import { sprintf } from "./printf.ts";
import { textFunctions } from "./text-functions.ts";
import { type GoValue, isTrue, typeName } from "./values.ts";

/** Checks the number of arguments, then runs. */
function takes(least: number, most: number, name: string, run: TemplateFunction): TemplateFunction {
  return (args) => {
    if (args.length >= least && args.length <= most) return run(args);
    const want = most === Number.POSITIVE_INFINITY ? `at least ${least}` : String(least);
    throw new FunctionError(`wrong number of args for ${name}: want ${want} got ${args.length}`);
  };
}

const many = Number.POSITIVE_INFINITY;

const order = (name: string, holds: (sign: number) => boolean): [string, TemplateFunction] => [
  name,
  takes(2, 2, name, ([a, b]) => holds(compareOrder(a, b))),
];

/** Every function but `and` and `or`, which the evaluator knows itself as they need not evaluate all arguments. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["not", takes(1, 1, "not", ([value]) => !isTrue(value))],
  ["len", takes(1, 1, "len", ([value]) => length(value))],
  ["index", takes(1, many, "index", ([value, ...keys]) => index(value, keys))],
  ["slice", takes(1, many, "slice", ([value, ...bounds]) => slice(value, bounds))],
  ["print", (args) => sprint(args)],
  ["println", (args) => `${args.map(printValue).join(" ")}\n`],
  ["printf", takes(1, many, "printf", ([format, ...args]) => sprintf(formatText(format), args))],
  ["html", (args) => escapeHtml(joined(args))],
  ["js", (args) => escapeJs(joined(args))],
  ["urlquery", (args) => escapeQuery(joined(args))],
  ["eq", takes(1, many, "eq", ([first, ...others]) => equalsAny(first, others))],
  ["ne", takes(2, 2, "ne", ([a, b]) => !equalsAny(a, [b]))],
  order("lt", (sign) => sign < 0),
  order("le", (sign) => sign <= 0),
  order("gt", (sign) => sign > 0),
  order("ge", (sign) => sign >= 0),
  ["call", takes(1, many, "call", ([value]) => notCallable(value))],
  ["json", takes(1, 1, "json", ([value]) => goJson(value))],
  ["prettyjson", takes(1, 1, "prettyjson", ([value]) => goJson(value, "    "))],
  ...textFunctions.map(([name, count, run]): [string, TemplateFunction] => [
    name,
    takes(count, count, name, run),
  ]),
]);

/** One string as it is, everything else as `print` prints it. */
function joined(args: readonly GoValue[]): string {
  const [only] = args;
  return args.length === 1 && typeof only === "string" ? only : sprint(args);
}

function formatText(format: GoValue): string {
  if (typeof format === "string") return format;
  throw new FunctionError(`wrong type for value; expected string; got ${typeName(format)}`);
}

function notCallable(value: GoValue): never {
  if (value === null || value === undefined) throw new FunctionError("call of nil");
  throw new FunctionError(`non-function of type ${typeName(value)}`);
}
