import { TemplateError } from "./errors.ts";
import type { Token } from "./lexer.ts";
import type { Place } from "./nodes.ts";
import { goQuote } from "./quote.ts";

/** The line of an offset, from 1. */
export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}

/** Hands out tokens one by one, and knows where it is. */
export class TokenReader {
  private readonly source: string;
  private readonly name: string;
  private readonly tokens: readonly Token[];
  private index = 0;

  constructor(source: string, name: string, tokens: readonly Token[]) {
    this.source = source;
    this.name = name;
    this.tokens = tokens;
  }

  /** The next token, blanks included; undefined at the end. */
  nextRaw(): Token | undefined {
    return this.tokens[this.index++];
  }

  peekRaw(): Token | undefined {
    return this.tokens[this.index];
  }

  next(): Token | undefined {
    this.skipSpace();
    return this.nextRaw();
  }

  peek(): Token | undefined {
    this.skipSpace();
    return this.peekRaw();
  }

  skipSpace(): void {
    while (this.tokens[this.index]?.kind === "space") this.index += 1;
  }

  /** The tokens that follow the next one, blanks left out. */
  ahead(count: number): Array<Token | undefined> {
    const found = this.tokens
      .slice(this.index, this.index + 2 * count + 2)
      .filter(({ kind }) => kind !== "space");
    return Array.from({ length: count }, (_, index) => found[index]);
  }

  /** Where the next token is, and its text up to the end of the action. */
  place(): Place {
    const at = this.peek()?.at ?? this.source.length;
    return { at, source: this.source.slice(at, at + 1) };
  }

  /** The source from an offset up to the token that is read next. */
  since(at: number): Place {
    const end = this.tokens[this.index]?.at ?? this.source.length;
    return { at, source: this.source.slice(at, end).trim() };
  }

  unexpected(token: Token | undefined, context: string): TemplateError {
    if (token === undefined) return this.error(`unexpected EOF in ${context}`);
    if (token.kind === "close") return this.error(`unexpected "}}" in ${context}`);
    return this.error(`unexpected ${describe(token)} in ${context}`);
  }

  error(message: string): TemplateError {
    const at = this.tokens[Math.max(0, this.index - 1)]?.at ?? this.source.length;
    return new TemplateError(
      "TEMPLATE_INVALID",
      `template: ${this.name}:${lineOf(this.source, at)}: ${message}`,
    );
  }
}

function describe({ kind, text }: Token): string {
  if (kind === "field" || kind === "variable" || kind === "number" || kind === "string") {
    return text.length > 10 ? `${goQuote(text.slice(0, 10))}...` : goQuote(text);
  }
  return `<${text}>`;
}
