/** Pieces of a template's text. */
export interface Token {
  readonly kind:
    | "text"
    | "open"
    | "close"
    | "field"
    | "variable"
    | "word"
    | "dot"
    | "number"
    | "character"
    | "string"
    | "pipe"
    | "declare"
    | "assign"
    | "comma"
    | "leftParen"
    | "rightParen"
    | "space";
  readonly text: string;
  /** Offset in the source. */
  readonly at: number;
}

/** A character that cannot stand where it does. */
export class LexError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const letter = "[\\p{L}_]";
const alphanumeric = "[\\p{L}\\p{Nd}_]";

/** Tried in this order inside an action. */
const rules: ReadonlyArray<readonly [Token["kind"], RegExp]> = [
  ["space", /[ \t\r\n]+/y],
  ["string", /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y],
  ["character", /'(?:[^'\\\n]|\\[^\n])+'/y],
  [
    "number",
    /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d[\d_]*)?)i?/y,
  ],
  ["field", new RegExp(`\\.${letter}${alphanumeric}*`, "uy")],
  ["dot", /\./y],
  ["variable", new RegExp(`\\$${alphanumeric}*`, "uy")],
  ["word", new RegExp(`${letter}${alphanumeric}*`, "uy")],
  ["declare", /:=/y],
  ["assign", /=/y],
  ["pipe", /\|/y],
  ["comma", /,/y],
  ["leftParen", /\(/y],
  ["rightParen", /\)/y],
];

/** What may follow a field, variable, word or number without a blank. */
const terminator = /[ \t\r\n.,|:=()]|-?\}\}/y;

/**
 * Splits a template into text and the tokens of its actions; comments vanish, trim markers take blanks with them.
 * @throws LexError
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    const end = open < 0 ? source.length : open;
    const trimsBefore = open >= 0 && /^\{\{-[ \t\r\n]/.test(source.slice(open, open + 4));
    pushText(tokens, source.slice(at, end), at, { start: trimNext, end: trimsBefore });
    if (open < 0) break;
    const inside = open + (trimsBefore ? 3 : 2);
    const comment = skipComment(source, inside, trimsBefore);
    if (comment !== undefined) {
      ({ end: at, trims: trimNext } = comment);
      continue;
    }
    tokens.push({ kind: "open", text: "{{", at: open });
    ({ end: at, trims: trimNext } = action(source, inside, tokens));
  }
  return tokens;
}

function pushText(tokens: Token[], text: string, at: number, trim: { start: boolean; end: boolean }): void {
  let kept = text;
  if (trim.start) kept = kept.replace(/^[ \t\r\n]+/, "");
  if (trim.end) kept = kept.replace(/[ \t\r\n]+$/, "");
  if (kept !== "") tokens.push({ kind: "text", text: kept, at: at + text.indexOf(kept) });
}

function skipComment(source: string, at: number, trimmed: boolean) {
  const start = trimmed ? at + 1 : at;
  if (!source.startsWith("/*", start)) return undefined;
  const end = source.indexOf("*/", start);
  if (end < 0) throw new LexError("unclosed comment", start);
  const close = /^([ \t\r\n]-)?\}\}/.exec(source.slice(end + 2, end + 6));
  if (close === null) throw new LexError("comment ends before closing delimiter", start);
  return { end: end + 2 + close[0].length, trims: close[1] !== undefined };
}

function action(source: string, start: number, tokens: Token[]): { end: number; trims: boolean } {
  let at = start;
  let parens = 0;
  for (;;) {
    const close = /^(?:[ \t\r\n]+(-))?\}\}/.exec(source.slice(at, at + 64)) ?? trimClose(source, at);
    if (close !== null) {
      if (parens > 0) throw new LexError("unclosed left paren", at);
      tokens.push({ kind: "close", text: close[0], at });
      return { end: at + close[0].length, trims: close[1] !== undefined };
    }
    if (at >= source.length) throw new LexError("unclosed action", at);
    const token = next(source, at);
    if (token.kind === "leftParen") parens += 1;
    if (token.kind === "rightParen" && --parens < 0) throw new LexError("unexpected right paren", at);
    tokens.push(token);
    at += token.text.length;
  }
}

/** A trim marker behind any number of blanks. */
function trimClose(source: string, at: number): RegExpExecArray | null {
  const pattern = /[ \t\r\n]+(-)\}\}/y;
  pattern.lastIndex = at;
  return pattern.exec(source);
}

function next(source: string, at: number): Token {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    const end = at + text.length;
    if (needsTerminator(kind)) checkTerminator(source, end, kind, text, at);
    return { kind, text, at };
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"') throw new LexError("unterminated quoted string", at);
  if (character === "`") throw new LexError("unterminated raw quoted string", at);
  if (character === "'") throw new LexError("unterminated character constant", at);
  if (character === ":") throw new LexError("expected :=", at);
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw new LexError(`unrecognized character in action: U+${code} '${character}'`, at);
}

function needsTerminator(kind: Token["kind"]): boolean {
  return kind === "field" || kind === "variable" || kind === "word" || kind === "number";
}

function checkTerminator(source: string, end: number, kind: string, text: string, at: number): void {
  if (end >= source.length) return;
  terminator.lastIndex = end;
  if (terminator.test(source)) return;
  const character = String.fromCodePoint(source.codePointAt(end) ?? 0);
  if (kind === "number") throw new LexError(`bad number syntax: "${text}${character}"`, at);
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw new LexError(`bad character U+${code} '${character}'`, end);
}
