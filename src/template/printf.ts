import { padded, type VerbOptions } from "./pad.ts";
import { printValue } from "./print.ts";
import { goSyntax, verbText } from "./printf-verbs.ts";
import { type GoValue, typeName } from "./values.ts";

const directive =
  /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?([\s\S])?/gu;
const widest = 1_000_000;

/** Go's fmt.Sprintf, with its notes for verbs and operands that do not fit. */
export function sprintf(format: string, args: readonly GoValue[]): string {
  let next = 0;
  let reordered = false;
  const take = (): { value: GoValue } | undefined =>
    next < args.length ? { value: args[next++] } : undefined;
  const select = (place: string | undefined) => {
    if (place === undefined) return true;
    reordered = true;
    next = Number(place) - 1;
    return next >= 0 && next < args.length;
  };
  const number = (text: string | undefined, what: string): { value?: number; fault?: string } => {
    if (text === undefined) return {};
    if (text !== "*") return limited(Number(text), what);
    const argument = take();
    return typeof argument?.value === "bigint"
      ? limited(Number(argument.value), what)
      : { fault: `%!(BAD${what})` };
  };
  const text = format.replace(directive, (...match: Array<string | undefined>) => {
    const [, flags = "", widthAt, widthText, dot, precisionAt, precisionText, verbAt, verb] = match;
    if (verb === undefined) return "%!(NOVERB)";
    if (!select(widthAt)) return `%!${verb}(BADINDEX)`;
    const width = number(widthText, "WIDTH");
    if (!select(precisionAt)) return `%!${verb}(BADINDEX)`;
    const precision: { value?: number; fault?: string } =
      dot === undefined ? {} : precisionText === undefined ? { value: 0 } : number(precisionText, "PREC");
    if (!select(verbAt)) return `%!${verb}(BADINDEX)`;
    const faults = (width.fault ?? "") + (precision.fault ?? "");
    if (verb === "%") return `${faults}%`;
    const argument = take();
    if (argument === undefined) return `${faults}%!${verb}(MISSING)`;
    return faults + one(verb, argument.value, options(flags, width.value, precision.value));
  });
  if (reordered || next >= args.length) return text;
  const extra = args
    .slice(next)
    .map((value) => (value == null ? "<nil>" : `${typeName(value)}=${printValue(value)}`));
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

function limited(value: number, what: string): { value?: number; fault?: string } {
  return Math.abs(value) > widest ? { fault: `%!(BAD${what})` } : { value };
}

function options(flags: string, width: number | undefined, precision: number | undefined): VerbOptions {
  const minus = flags.includes("-") || (width !== undefined && width < 0);
  return {
    plus: flags.includes("+"),
    minus,
    sharp: flags.includes("#"),
    space: flags.includes(" "),
    zero: flags.includes("0") && !minus,
    width: width === undefined ? undefined : Math.abs(width),
    precision: precision !== undefined && precision < 0 ? undefined : precision,
  };
}

function one(verb: string, value: GoValue, options: VerbOptions): string {
  if (verb === "T") return padded(value == null ? "<nil>" : typeName(value), { ...options, zero: false });
  if (verb === "v" && options.sharp) return padded(goSyntax(value), options);
  if (value === null || value === undefined) {
    return verb === "v" ? padded("<nil>", { ...options, zero: false }) : `%!${verb}(<nil>)`;
  }
  const made = verbText(verb, value, options);
  if (made !== undefined) return made;
  return `%!${verb}(${typeName(value)}=${printValue(value)})`;
}
