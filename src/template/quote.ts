/** A string as Go's `%q` and strconv.Quote write it. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += quoteCharacter(character, '"');
  return `${quoted}"`;
}

/** A character as `%q` of an integer writes it. */
export function goQuoteRune(code: number): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return `'${quoteCharacter(valid ? String.fromCodePoint(code) : "\ufffd", "'")}'`;
}

const named: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function quoteCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const short = named[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (character === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}

/** The value of a double-quoted Go string literal, or undefined when it is none. */
export function goUnquote(literal: string): string | undefined {
  if (literal.startsWith("`")) return literal.slice(1, -1).replaceAll("\r", "");
  const body = literal.slice(1, -1);
  const pattern = /\\([abfnrtv\\'"]|x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|[^\\\n]/gsuy;
  const bytes: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(body);
    if (found === null) return undefined;
    const part = found[1] === undefined ? Buffer.from(found[0]) : unescaped(found[1]);
    if (part === undefined) return undefined;
    bytes.push(part);
    at = pattern.lastIndex;
  }
  return Buffer.concat(bytes).toString("utf8");
}

const letters: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

function unescaped(text: string): Buffer | undefined {
  const letter = letters[text];
  if (letter !== undefined) return Buffer.from(letter);
  if (text.startsWith("x")) return Buffer.from([Number.parseInt(text.slice(1), 16)]);
  if (/^[0-7]/.test(text)) {
    const byte = Number.parseInt(text, 8);
    return byte > 255 ? undefined : Buffer.from([byte]);
  }
  const code = Number.parseInt(text.slice(1), 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return Buffer.from(String.fromCodePoint(code));
}
