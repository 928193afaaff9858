/** Whether one character (code point) is in a set. */
export type CharTest = (char: string) => boolean;

/** The same set whatever the case. */
export function foldCase(test: CharTest): CharTest {
  return (char) => test(char) || test(char.toLowerCase()) || test(char.toUpperCase());
}

const perl: Readonly<Record<string, CharTest>> = {
  d: (c) => c >= "0" && c <= "9",
  w: (c) => /^\w$/.test(c),
  s: (c) => c === "\t" || c === "\n" || c === "\f" || c === "\r" || c === " ",
};

const posix: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^\p{ASCII}$/u,
  blank: /^[\t ]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^\w$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

const controls: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** \d \w \s, their opposites and \p{…}, at the character behind the backslash. */
export function classEscape(
  chars: readonly string[],
  at: number,
): { test: CharTest; next: number } | undefined {
  const char = chars[at];
  if (char === undefined) return undefined;
  if (char === "p" || char === "P") {
    const name = /^[pP](?:\{(\^?)(\w+)\}|(\w))/.exec(chars.slice(at, at + 40).join(""));
    const set = name && unicodeSet(name[2] ?? name[3] ?? "");
    if (!name || !set) return undefined;
    const isNegated = (char === "P") !== (name[1] === "^");
    return { test: isNegated ? (c) => !set.test(c) : (c) => set.test(c), next: at + name[0].length };
  }
  const test = perl[char.toLowerCase()];
  if (!test || !/^[dwsDWS]$/.test(char)) return undefined;
  return { test: char === char.toLowerCase() ? test : (c) => !test(c), next: at + 1 };
}

function unicodeSet(name: string): RegExp | undefined {
  for (const form of [name, `Script=${name}`]) {
    try {
      return new RegExp(`^\\p{${form}}$`, "u");
    } catch {
      // not a name of this form: the next one, or no pattern at all
    }
  }
  return undefined;
}

/** One escaped character: punctuation, \n and its like, \x41, \x{1F600}, \017. */
export function charEscape(chars: readonly string[], at: number): { char: string; next: number } | undefined {
  const char = chars[at];
  if (char === undefined) return undefined;
  const control = controls[char];
  if (control !== undefined) return { char: control, next: at + 1 };
  const text = chars.slice(at, at + 12).join("");
  const number = /^x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(text);
  if (number) {
    const code = Number.parseInt(number[1] ?? number[2] ?? "", 16);
    return code > 0x10ffff ? undefined : { char: String.fromCodePoint(code), next: at + number[0].length };
  }
  const octal = /^0[0-7]{0,2}|^[1-7][0-7]{1,2}/.exec(text);
  if (octal) return { char: String.fromCodePoint(Number.parseInt(octal[0], 8)), next: at + octal[0].length };
  return /^[0-9A-Za-z]$/.test(char) ? undefined : { char, next: at + 1 };
}

/** A bracket expression, from behind its "[". */
export function parseClass(
  chars: readonly string[],
  start: number,
  ignoreCase: boolean,
): { test: CharTest; next: number } | undefined {
  let at = start;
  const isNegated = chars[at] === "^";
  if (isNegated) at++;
  const tests: CharTest[] = [];
  for (let isFirst = true; isFirst || chars[at] !== "]"; isFirst = false) {
    if (at >= chars.length) return undefined;
    const item = namedItem(chars, at) ?? rangeItem(chars, at);
    if (!item) return undefined;
    tests.push(item.test);
    at = item.next;
  }
  const any: CharTest = (c) => tests.some((test) => test(c));
  const folded = ignoreCase ? foldCase(any) : any;
  return { test: isNegated ? (c) => !folded(c) : folded, next: at + 1 };
}

function namedItem(chars: readonly string[], at: number): { test: CharTest; next: number } | undefined {
  if (chars[at] === "\\") return classEscape(chars, at + 1);
  const name = /^\[:(\^?)(\w+):\]/.exec(chars.slice(at, at + 14).join(""));
  const set = name && posix[name[2] ?? ""];
  if (!name || !set) return undefined;
  return { test: name[1] ? (c) => !set.test(c) : (c) => set.test(c), next: at + name[0].length };
}

function rangeItem(chars: readonly string[], at: number): { test: CharTest; next: number } | undefined {
  const low = classChar(chars, at);
  if (!low) return undefined;
  if (chars[low.next] !== "-" || chars[low.next + 1] === "]" || chars[low.next + 1] === undefined)
    return { test: (c) => c === low.char, next: low.next };
  const high = classChar(chars, low.next + 1);
  if (!high) return undefined;
  const from = low.char.codePointAt(0) ?? 0;
  const to = high.char.codePointAt(0) ?? 0;
  if (to < from) return undefined;
  const inRange: CharTest = (c) => {
    const code = c.codePointAt(0) ?? -1;
    return code >= from && code <= to;
  };
  return { test: inRange, next: high.next };
}

function classChar(chars: readonly string[], at: number): { char: string; next: number } | undefined {
  const char = chars[at];
  if (char === undefined) return undefined;
  return char === "\\" ? charEscape(chars, at + 1) : { char, next: at + 1 };
}
