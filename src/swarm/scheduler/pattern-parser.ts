import { type CharTest, charEscape, classEscape, foldCase, parseClass } from "./pattern-class.ts";

/** The tree of a parsed pattern. */
export type PatternTree =
  | { kind: "char"; test: CharTest }
  | { kind: "assert"; what: "begin" | "end" | "lineBegin" | "lineEnd" | "word" | "notWord" }
  | { kind: "sequence"; parts: readonly PatternTree[] }
  | { kind: "choice"; parts: readonly PatternTree[] }
  | { kind: "repeat"; part: PatternTree; min: number; max: number };

interface Flags {
  ignoreCase: boolean;
  dotAll: boolean;
  multiLine: boolean;
}

const maxDepth = 200;
const maxRepeat = 1000;

/** @returns undefined where the text is not a pattern of RE2's syntax */
export function parsePattern(source: string): PatternTree | undefined {
  const parser = new Parser(source);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

class PatternError extends Error {}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  parse(): PatternTree {
    const tree = this.#choice({ ignoreCase: false, dotAll: false, multiLine: false });
    if (this.#at < this.#chars.length) throw new PatternError("unexpected )");
    return tree;
  }

  #peek(ahead = 0): string | undefined {
    return this.#chars[this.#at + ahead];
  }

  #choice(flags: Flags): PatternTree {
    if (++this.#depth > maxDepth) throw new PatternError("nested too deeply");
    const own = { ...flags };
    const parts = [this.#sequence(own)];
    while (this.#peek() === "|") {
      this.#at++;
      parts.push(this.#sequence(own));
    }
    this.#depth--;
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "choice", parts };
  }

  #sequence(flags: Flags): PatternTree {
    const parts: PatternTree[] = [];
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek()) {
      const atoms = this.#atoms(flags);
      const last = atoms.pop();
      parts.push(...atoms);
      if (last) parts.push(this.#repeats(last));
    }
    return { kind: "sequence", parts };
  }

  /** One atom; several for \Q…\E; none for a flag group. */
  #atoms(flags: Flags): PatternTree[] {
    const char = this.#chars[this.#at++] ?? "";
    switch (char) {
      case "(":
        return this.#group(flags);
      case "[": {
        const parsed = parseClass(this.#chars, this.#at, flags.ignoreCase);
        if (!parsed) throw new PatternError("bad character class");
        this.#at = parsed.next;
        return [{ kind: "char", test: parsed.test }];
      }
      case ".":
        return [{ kind: "char", test: flags.dotAll ? () => true : (c) => c !== "\n" }];
      case "^":
        return [{ kind: "assert", what: flags.multiLine ? "lineBegin" : "begin" }];
      case "$":
        return [{ kind: "assert", what: flags.multiLine ? "lineEnd" : "end" }];
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        throw new PatternError("nothing to repeat");
      default:
        return [literal(char, flags)];
    }
  }

  #group(flags: Flags): PatternTree[] {
    let inner = flags;
    if (this.#peek() === "?") {
      this.#at++;
      const name = /^P?<[A-Za-z_]\w*>/.exec(this.#chars.slice(this.#at, this.#at + 80).join(""));
      if (name) this.#at += Array.from(name[0]).length;
      else {
        inner = { ...flags };
        if (this.#flags(inner) === ")") {
          Object.assign(flags, inner);
          return [];
        }
      }
    }
    const tree = this.#choice(inner);
    if (this.#chars[this.#at++] !== ")") throw new PatternError("missing )");
    return [tree];
  }

  /** Reads "i-s:" or "i)"; @returns the character that ended it */
  #flags(flags: Flags): ":" | ")" {
    let on = true;
    for (;;) {
      const char = this.#chars[this.#at++];
      if (char === ":" || char === ")") return char;
      if (char === "-" && on) on = false;
      else if (char === "i") flags.ignoreCase = on;
      else if (char === "s") flags.dotAll = on;
      else if (char === "m") flags.multiLine = on;
      else if (char !== "U") throw new PatternError("unknown flag");
    }
  }

  #escape(flags: Flags): PatternTree[] {
    const char = this.#peek() ?? "";
    switch (char) {
      case "A":
      case "z":
      case "b":
      case "B":
        this.#at++;
        return [{ kind: "assert", what: ({ A: "begin", z: "end", b: "word", B: "notWord" } as const)[char] }];
      case "Q":
        this.#at++;
        return this.#quoted(flags);
    }
    const set = classEscape(this.#chars, this.#at);
    if (set) {
      this.#at = set.next;
      return [{ kind: "char", test: set.test }];
    }
    const one = charEscape(this.#chars, this.#at);
    if (!one) throw new PatternError("unknown escape");
    this.#at = one.next;
    return [literal(one.char, flags)];
  }

  #quoted(flags: Flags): PatternTree[] {
    const atoms: PatternTree[] = [];
    while (this.#at < this.#chars.length) {
      if (this.#peek() === "\\" && this.#peek(1) === "E") {
        this.#at += 2;
        break;
      }
      atoms.push(literal(this.#chars[this.#at++] ?? "", flags));
    }
    return atoms;
  }

  #repeats(part: PatternTree): PatternTree {
    const range = this.#repeatRange();
    if (!range) return part;
    if (this.#peek() === "?") this.#at++; // lazy: the same texts match
    if (this.#repeatRange()) throw new PatternError("repeated repetition");
    return { kind: "repeat", part, ...range };
  }

  #repeatRange(): { min: number; max: number } | undefined {
    const char = this.#peek();
    const simple = char === undefined ? undefined : simpleRepeats.get(char);
    if (simple) {
      this.#at++;
      return simple;
    }
    if (char !== "{") return undefined;
    const text = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""));
    if (!text) return undefined;
    const min = Number(text[1]);
    const max = text[2] === undefined ? min : text[3] ? Number(text[3]) : Number.POSITIVE_INFINITY;
    if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat) || max < min)
      throw new PatternError("bad repeat count");
    this.#at += text[0].length;
    return { min, max };
  }
}

const simpleRepeats: ReadonlyMap<string, { min: number; max: number }> = new Map([
  ["*", { min: 0, max: Number.POSITIVE_INFINITY }],
  ["+", { min: 1, max: Number.POSITIVE_INFINITY }],
  ["?", { min: 0, max: 1 }],
]);

function literal(char: string, flags: Flags): PatternTree {
  const test: CharTest = (c) => c === char;
  return { kind: "char", test: flags.ignoreCase ? foldCase(test) : test };
}
