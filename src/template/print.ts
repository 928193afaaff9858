import { GoDuration, GoStruct, type GoValue, isList, isMap, lookUp, sortedKeys } from "./values.ts";

/** A value as Go's `%v` prints it. */
export function printValue(value: GoValue): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return printFloat(value);
  if (isList(value)) return `[${value.map(printValue).join(" ")}]`;
  if (value instanceof GoStruct) return `{${[...value.fields.values()].map(printValue).join(" ")}}`;
  if (value instanceof GoDuration) return value.toString();
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${printValue(lookUp(value, key))}`)
      .join(" ")}]`;
  }
  return String(value);
}

/** `%v` of a float64: the shortest text, with an exponent below 1e-4 and from 1e21 on. */
function printFloat(value: number): string {
  return special(value) ?? shortest(value, 21);
}

/** NaN and infinities as Go names them. */
export function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : undefined;
}

/** The shortest decimal that reads back as the same number; `%g` has its upper limit at 21 digits. */
export function shortest(value: number, exponentFrom: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const exponent = Number(exponentText);
  const sign = value < 0 ? "-" : "";
  if (exponent < -4 || exponent >= exponentFrom) return `${sign}${digits}e${goExponent(exponent)}`;
  const plain = digits.replace(".", "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${plain}`;
  if (plain.length <= exponent + 1) return `${sign}${plain.padEnd(exponent + 1, "0")}`;
  return `${sign}${plain.slice(0, exponent + 1)}.${plain.slice(exponent + 1)}`;
}

/** At least two digits and always a sign: "+06". */
export function goExponent(exponent: number): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** `print`: a blank between two operands when neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let text = "";
  values.forEach((value, index) => {
    const before = values[index - 1];
    if (index > 0 && typeof value !== "string" && typeof before !== "string") text += " ";
    text += printValue(value);
  });
  return text;
}
