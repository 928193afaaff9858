import { GoDuration, GoStruct, type GoValue, isList, isMap, lookUp, sortedKeys } from "./values.ts";

/**
 * JSON as Go's encoding/json writes it: keys of maps sorted, those of structs in their order, `<`, `>` and `&` escaped.
 * @param indent of one level; "" for all on one line
 */
export function goJson(value: GoValue, indent = "", margin = ""): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : "null";
  if (typeof value === "string") return text(value);
  if (value instanceof GoDuration) return String(Math.round(value.milliseconds * 1e6));
  const inner = margin + indent;
  if (isList(value)) {
    return block(
      "[",
      "]",
      value.map((item) => goJson(item, indent, inner)),
      indent,
      margin,
    );
  }
  if (value instanceof GoStruct || isMap(value)) {
    const entries = value instanceof GoStruct ? [...value.fields] : mapEntries(value);
    const colon = indent === "" ? ":" : ": ";
    const parts = entries.map(([key, item]) => `${text(key)}${colon}${goJson(item, indent, inner)}`);
    return block("{", "}", parts, indent, margin);
  }
  return String(value);
}

function mapEntries(map: { readonly [key: string]: GoValue }): Array<[string, GoValue]> {
  return sortedKeys(map).map((key) => [key, lookUp(map, key)]);
}

function block(
  open: string,
  close: string,
  parts: readonly string[],
  indent: string,
  margin: string,
): string {
  if (parts.length === 0 || indent === "") return `${open}${parts.join(",")}${close}`;
  const inner = margin + indent;
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${margin}${close}`;
}

function text(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
