/** Quotes one word for a POSIX shell, whatever it holds (a NUL byte cannot be passed and is refused). */
export function shellQuote(word: string): string {
  if (word.includes("\0")) throw new TypeError("a shell word cannot hold a NUL byte");
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes and joins words into one command line for a POSIX shell. */
export function shellCommand(...words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
