const htmlEscapes: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** `html`: safe in the text of a page. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => htmlEscapes[character] ?? character);
}

const jsEscapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

/** `js`: safe inside a JavaScript string. */
export function escapeJs(text: string): string {
  let escaped = "";
  for (const character of text) escaped += jsEscapes[character] ?? unprintable(character);
  return escaped;
}

function unprintable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const printable = character === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
  return printable ? character : `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** `urlquery`: safe inside a query, a blank as `+`. */
export function escapeQuery(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9_.~-]/.test(character)) return character;
      return byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
