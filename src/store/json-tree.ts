/**
 * JSON with the texts of its numbers and the order of its keys, so that what we do not understand is written back
 * as it was read. JSON.parse alone turns 12345678901234567890 into 12345678901234567000.
 */
export type JsonNode =
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "literal"; readonly value: boolean | null }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly entries: ReadonlyMap<string, JsonNode> };

const maxDepth = 1000;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blankPattern = /[ \t\n\r]*/y;

/** Parses JSON text; of duplicate keys the last one counts, at its own place. Throws SyntaxError. */
export function parseJsonTree(text: string): JsonNode {
  JSON.parse(text); // the engine's own grammar decides what is valid; below, only shapes are told apart
  const reader = new Reader(text);
  return reader.value(0);
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): JsonNode {
    if (depth > maxDepth) throw new SyntaxError("the JSON is nested too deeply");
    this.take(blankPattern);
    const first = this.text[this.at] ?? "";
    if (first === "{") return this.object(depth);
    if (first === "[") return this.array(depth);
    if (first === '"') return { kind: "string", value: this.string() };
    if (first === "t") return this.literal("true", true);
    if (first === "f") return this.literal("false", false);
    if (first === "n") return this.literal("null", null);
    return { kind: "number", text: this.take(numberPattern) };
  }

  private object(depth: number): JsonNode {
    const entries = new Map<string, JsonNode>();
    this.list("}", () => {
      const key = this.string();
      this.take(blankPattern);
      this.at += 1; // the colon
      const node = this.value(depth + 1);
      entries.delete(key);
      entries.set(key, node);
    });
    return { kind: "object", entries };
  }

  private array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.list("]", () => items.push(this.value(depth + 1)));
    return { kind: "array", items };
  }

  private list(end: string, element: () => void): void {
    this.at += 1;
    this.take(blankPattern);
    while (this.text[this.at] !== end) {
      element();
      this.take(blankPattern);
      if (this.text[this.at] === ",") {
        this.at += 1;
        this.take(blankPattern);
      }
    }
    this.at += 1;
  }

  private string(): string {
    const start = this.at;
    this.at += 1;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.at += 1;
    return String(JSON.parse(this.text.slice(start, this.at)));
  }

  private literal(word: string, value: boolean | null): JsonNode {
    this.at += word.length;
    return { kind: "literal", value };
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }
}

/** The tree of a plain value; what JSON cannot hold (undefined, functions) is left out of objects. */
export function treeOf(value: unknown): JsonNode {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "number")
    return Number.isFinite(value) ? numberNode(value) : { kind: "literal", value: null };
  if (typeof value === "boolean") return { kind: "literal", value };
  if (Array.isArray(value)) return { kind: "array", items: value.map(treeOf) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return { kind: "object", entries: new Map(entries.map(([key, item]) => [key, treeOf(item)])) };
  }
  return { kind: "literal", value: null };
}

function numberNode(value: number): JsonNode {
  return { kind: "number", text: Object.is(value, -0) ? "0" : String(value) };
}

/** The plain value of a tree, as JSON.parse would give it. */
export function plainOf(node: JsonNode): unknown {
  switch (node.kind) {
    case "number":
      return Number(node.text);
    case "array":
      return node.items.map(plainOf);
    case "object":
      return Object.fromEntries([...node.entries].map(([key, item]) => [key, plainOf(item)]));
    case "string":
    case "literal":
      return node.value;
  }
}
