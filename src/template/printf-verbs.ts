import { padded, type VerbOptions } from "./pad.ts";
import { goExponent, printValue, shortest, special } from "./print.ts";
import { goQuote, goQuoteRune } from "./quote.ts";
import { GoDuration, GoStruct, type GoValue, isList, isMap, lookUp, sortedKeys, typeName } from "./values.ts";

/** The text of one operand for one verb, already padded; undefined where they do not go together. */
export function verbText(verb: string, value: GoValue, options: VerbOptions): string | undefined {
  if (typeof value === "boolean") {
    return verb === "t" || verb === "v" ? padded(String(value), { ...options, zero: false }) : undefined;
  }
  if (typeof value === "bigint") return integerText(verb, value, options);
  if (typeof value === "number") return floatText(verb, value, options);
  if (typeof value === "string") return stringText(verb, value, options);
  if (value instanceof GoDuration) {
    return verb === "v" || verb === "s"
      ? padded(value.toString(), options)
      : integerText(verb, BigInt(Math.round(value.milliseconds * 1e6)), options);
  }
  return compoundText(verb, value, options);
}

function stringText(verb: string, value: string, options: VerbOptions): string | undefined {
  const cut = options.precision === undefined ? value : [...value].slice(0, options.precision).join("");
  switch (verb) {
    case "v":
    case "s":
      return padded(cut, options);
    case "q":
      return padded(options.sharp && !/[`\n\r]/.test(cut) ? `\`${cut}\`` : goQuote(cut), options);
    case "x":
    case "X": {
      const hex = Buffer.from(value).toString("hex");
      const pairs = options.space ? (hex.match(/../g) ?? []).join(" ") : hex;
      const text = options.sharp ? `0x${pairs}` : pairs;
      return padded(verb === "X" ? text.toUpperCase() : text, options);
    }
    default:
      return undefined;
  }
}

const bases: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  d: [10, ""],
  v: [10, ""],
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, ""],
  x: [16, "0x"],
  X: [16, "0X"],
};

function integerText(verb: string, value: bigint, options: VerbOptions): string | undefined {
  if (verb === "c") return padded(codePoint(value), { ...options, zero: false });
  if (verb === "q") return padded(goQuoteRune(Number(value)), { ...options, zero: false });
  if (verb === "U") {
    const text = `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
    return padded(options.sharp ? `${text} '${codePoint(value)}'` : text, { ...options, zero: false });
  }
  const found = bases[verb];
  if (found === undefined) return undefined;
  const [base, prefix] = found;
  const magnitude = (value < 0n ? -value : value).toString(base);
  let digits = verb === "X" ? magnitude.toUpperCase() : magnitude;
  if (options.precision !== undefined) {
    digits = options.precision === 0 && value === 0n ? "" : digits.padStart(options.precision, "0");
  }
  const lead = (verb === "O" ? "0o" : "") + (options.sharp ? prefix : "");
  const sign = signOf(value < 0n, options);
  if (options.zero && options.precision === undefined && options.width !== undefined) {
    digits = digits.padStart(options.width - sign.length, "0");
  }
  return padded(sign + lead + digits, { ...options, zero: false });
}

function codePoint(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(value)) : "\ufffd";
}

function signOf(negative: boolean, { plus, space }: VerbOptions): string {
  if (negative) return "-";
  return plus ? "+" : space ? " " : "";
}

function floatText(verb: string, value: number, options: VerbOptions): string | undefined {
  const text = floatDigits(verb, value, options.precision);
  if (text === undefined) return undefined;
  const name = special(value);
  if (name !== undefined) {
    const sign = options.plus
      ? name.replace(/^(?=[IN])/, "+")
      : name.replace(/^\+/, options.space ? " " : "");
    return padded(name === "+Inf" && !options.space ? "+Inf" : sign, { ...options, zero: false });
  }
  const negative = text.startsWith("-");
  const magnitude = negative ? text.slice(1) : text;
  return padded(signOf(negative, options) + magnitude, options, true);
}

function floatDigits(verb: string, value: number, precision: number | undefined): string | undefined {
  const digits = Math.min(precision ?? 6, 100);
  const sign = Object.is(value, -0) ? "-" : "";
  switch (verb) {
    case "v":
      return precision === undefined ? shortest(value, 21) : general(value, precision);
    case "g":
      return precision === undefined ? shortest(value, 21) : general(value, precision);
    case "G":
      return (precision === undefined ? shortest(value, 21) : general(value, precision)).toUpperCase();
    case "f":
    case "F":
      return sign + fixed(value, digits);
    case "e":
      return sign + exponential(value, digits);
    case "E":
      return (sign + exponential(value, digits)).toUpperCase();
    default:
      return undefined;
  }
}

/** toFixed writes an exponent from 1e21 on; the integer part of such a number is exact. */
function fixed(value: number, digits: number): string {
  if (Math.abs(value) < 1e21) return value.toFixed(digits);
  const whole = Number.isFinite(value) ? BigInt(value).toString() : "0";
  return digits === 0 ? whole : `${whole}.${"0".repeat(digits)}`;
}

function exponential(value: number, digits: number): string {
  const [mantissa = "0", exponent = "0"] = value.toExponential(digits).split("e");
  return `${mantissa}e${goExponent(Number(exponent))}`;
}

/** `%g` with a precision: that many significant digits, without zeros at the end. */
function general(value: number, precision: number): string {
  const digits = Math.min(Math.max(precision, 1), 100);
  if (!Number.isFinite(value)) return "0";
  const [mantissa = "0", exponentText = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  const bare = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent < -4 || exponent >= Math.max(digits, 1)) return `${bare}e${goExponent(exponent)}`;
  return shortest(Number(`${bare}e${exponent}`), 400);
}

/** Lists, maps and structs: the verb goes to what is in them. */
function compoundText(verb: string, value: GoValue, options: VerbOptions): string | undefined {
  const inner = (item: GoValue): string =>
    item == null
      ? verb === "v"
        ? "<nil>"
        : `%!${verb}(<nil>)`
      : (verbText(verb, item, options) ?? `%!${verb}(${typeName(item)}=${printValue(item)})`);
  if (value == null) return undefined;
  if (isList(value)) return `[${value.map(inner).join(" ")}]`;
  if (value instanceof GoStruct) {
    const named = verb === "v" && options.plus;
    return `{${[...value.fields].map(([key, item]) => (named ? `${key}:${inner(item)}` : inner(item))).join(" ")}}`;
  }
  if (!isMap(value)) return undefined;
  const keyText = (key: string) => verbText(verb, key, options) ?? `%!${verb}(string=${key})`;
  return `map[${sortedKeys(value)
    .map((key) => `${keyText(key)}:${inner(lookUp(value, key))}`)
    .join(" ")}]`;
}

/** `%#v`: the value as Go source. */
export function goSyntax(value: GoValue): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return goQuote(value);
  const item = (one: GoValue) => (one == null ? "interface {}(nil)" : goSyntax(one));
  if (isList(value)) return `[]interface {}{${value.map(item).join(", ")}}`;
  if (value instanceof GoStruct) {
    return `${value.typeName}{${[...value.fields].map(([key, one]) => `${key}:${item(one)}`).join(", ")}}`;
  }
  if (value instanceof GoDuration) return String(Math.round(value.milliseconds * 1e6));
  if (isMap(value)) {
    const entries = sortedKeys(value).map((key) => `${goQuote(key)}:${item(lookUp(value, key))}`);
    return `map[string]interface {}{${entries.join(", ")}}`;
  }
  return printValue(value);
}
