/** A member of a JSON object by its place in the text. */
export interface Member {
  readonly key: string;
  readonly valueStart: number;
  /** Just behind the value. */
  readonly valueEnd: number;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * The members of the object that begins at `start` of a JSON text, so that some can be changed while every other byte
 * stays as it is: numbers too large for JavaScript, the order of keys, how things are escaped.
 * @throws SyntaxError where there is no object
 */
export function membersAt(text: string, start: number): Member[] {
  let at = skipBlank(text, start);
  if (text[at] !== "{") throw new SyntaxError("not a JSON object");
  const members: Member[] = [];
  at = skipBlank(text, at + 1);
  while (text[at] !== "}") {
    const keyEnd = skipString(text, at);
    const key = String(JSON.parse(text.slice(at, keyEnd)));
    at = skipBlank(text, keyEnd);
    if (text[at] !== ":") throw new SyntaxError("a JSON object without a colon");
    const valueStart = skipBlank(text, at + 1);
    const valueEnd = skipValue(text, valueStart);
    members.push({ key, valueStart, valueEnd });
    at = skipBlank(text, valueEnd);
    if (text[at] === ",") at = skipBlank(text, at + 1);
    else if (text[at] !== "}") throw new SyntaxError("a JSON object without an end");
  }
  return members;
}

function skipBlank(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

function skipString(text: string, start: number): number {
  if (text.charCodeAt(start) !== quote) throw new SyntaxError("not a JSON string");
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  throw new SyntaxError("a JSON string without an end");
}

function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== "{" && first !== "[") {
    let at = start;
    while (at < text.length && !",]} \n\r\t".includes(text[at] ?? ",")) at++;
    if (at === start) throw new SyntaxError("a JSON value is missing");
    return at;
  }
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = skipString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
  }
  throw new SyntaxError("a JSON value without an end");
}
