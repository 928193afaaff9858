import type { JsonNode } from "./json-tree.ts";

/**
 * Writes JSON byte for byte as Go's json.MarshalIndent(value, "", "    "): four blanks, empty lists and objects
 * closed at once, no final newline, and `<`, `>`, `&`, U+2028 and U+2029 escaped.
 */
export function printGoJson(node: JsonNode, indent = ""): string {
  switch (node.kind) {
    case "number":
      return node.text;
    case "literal":
      return String(node.value);
    case "string":
      return goString(node.value);
    case "array":
      return block(
        "[",
        "]",
        indent,
        node.items.map((item) => printGoJson(item, `${indent}    `)),
      );
    case "object":
      return block("{", "}", indent, [...node.entries].map(entryText(`${indent}    `)));
  }
}

function entryText(indent: string) {
  return ([key, item]: [string, JsonNode]) => `${goString(key)}: ${printGoJson(item, indent)}`;
}

function block(open: string, close: string, indent: string, parts: readonly string[]): string {
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => `${indent}    ${part}`).join(",\n")}\n${indent}${close}`;
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Lone surrogates, which UTF-8 cannot carry, become U+FFFD as in Go. */
function goString(text: string): string {
  const quoted = JSON.stringify(text.replace(loneSurrogate, "\ufffd"));
  return quoted.replace(/[<>&\u2028\u2029]/g, escapeCharacter);
}

function escapeCharacter(found: string): string {
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
