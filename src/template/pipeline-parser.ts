import type { TemplateError } from "./errors.ts";
import type { Token } from "./lexer.ts";
import type { Command, Operand, Pipeline } from "./nodes.ts";
import { parseCharacter, parseNumber } from "./numbers.ts";
import { goQuote, goUnquote } from "./quote.ts";
import type { TokenReader } from "./token-reader.ts";

const keywords = new Set([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "range",
  "template",
  "with",
]);
const maxNesting = 200;

/** Parses pipelines, and knows which variables may be named where. */
export class PipelineParser {
  private readonly reader: TokenReader;
  private readonly functions: ReadonlySet<string>;
  private variables: string[] = ["$"];
  private depth = 0;

  constructor(reader: TokenReader, functions: ReadonlySet<string>) {
    this.reader = reader;
    this.functions = functions;
  }

  openScope(): number {
    return this.variables.length;
  }

  closeScope(length: number): void {
    this.variables.length = length;
  }

  openEmptyScope(): string[] {
    const before = this.variables;
    this.variables = ["$"];
    return before;
  }

  restoreScope(before: string[]): void {
    this.variables = before;
  }

  pipeline(context: string, end: "close" | "rightParen"): Pipeline {
    const at = this.reader.peek()?.at ?? 0;
    const { declares, assigns } = this.declaration(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.reader.peek();
      if (token?.kind === end) {
        this.reader.next();
        if (commands.length === 0) throw this.reader.error(`missing value for ${context}`);
        this.checkStages(commands);
        return { ...this.reader.since(at), declares, assigns, commands };
      }
      if (commands.length > 0) {
        if (token?.kind !== "pipe") throw this.failedAt(context);
        this.reader.next();
      }
      commands.push(this.command(context));
    }
  }

  /** `$x :=`, `$x =` and, in range, `$i, $x :=`. */
  private declaration(context: string): { declares: string[]; assigns: boolean } {
    const [first, second, third, fourth] = this.reader.ahead(4);
    if (first?.kind !== "variable") return { declares: [], assigns: false };
    if (second?.kind === "declare" || second?.kind === "assign") {
      this.reader.next();
      this.reader.next();
      return this.declared([first], second.kind === "assign");
    }
    if (context !== "range" || second?.kind !== "comma" || third?.kind !== "variable") {
      return { declares: [], assigns: false };
    }
    if (fourth?.kind !== "declare" && fourth?.kind !== "assign") {
      throw this.reader.error("range can only initialize variables");
    }
    for (let count = 0; count < 4; count += 1) this.reader.next();
    return this.declared([first, third], fourth.kind === "assign");
  }

  private declared(tokens: readonly Token[], assigns: boolean): { declares: string[]; assigns: boolean } {
    const declares = tokens.map(({ text }) => text);
    for (const name of declares) {
      if (assigns) this.checkVariable(name);
      else this.variables.push(name);
    }
    return { declares, assigns };
  }

  private command(context: string): Command {
    const at = this.reader.peek()?.at ?? 0;
    const words: Operand[] = [];
    for (;;) {
      const token = this.reader.peek();
      if (token === undefined) throw this.reader.error("unclosed action");
      if (token.kind === "pipe" || token.kind === "close" || token.kind === "rightParen") break;
      words.push(this.operand(context));
      const after = this.reader.peekRaw()?.kind;
      if (after !== "space" && after !== "pipe" && after !== "close" && after !== "rightParen") {
        this.reader.next();
        throw this.reader.unexpected(this.reader.peekRaw(), "operand");
      }
    }
    const [first, ...rest] = words;
    if (first === undefined) throw this.failedAt(context, "missing value for command");
    return { ...this.reader.since(at), words: [first, ...rest] };
  }

  private operand(context: string): Operand {
    const token = this.reader.next();
    if (token === undefined) throw this.reader.error("unclosed action");
    const { at, text } = token;
    switch (token.kind) {
      case "dot":
        if (this.reader.peekRaw()?.kind === "field") throw this.reader.unexpected(token, "operand");
        return { kind: "dot", at, source: "." };
      case "field":
        return { kind: "field", names: [text.slice(1), ...this.names()], ...this.reader.since(at) };
      case "variable":
        this.checkVariable(text);
        return { kind: "variable", name: text, names: this.names(), ...this.reader.since(at) };
      case "string":
        return this.constant(token, this.unquote(token));
      case "character":
        return this.constant(token, parseCharacter(text) ?? this.malformed("character constant", text));
      case "number":
        return this.constant(token, parseNumber(text) ?? this.malformed("number syntax", text));
      case "leftParen":
        return this.parenthesis(at);
      case "word":
        return this.word(token, context);
      case "assign":
      case "close":
      case "comma":
      case "declare":
      case "open":
      case "pipe":
      case "rightParen":
      case "space":
      case "text":
        throw this.reader.unexpected(token, context);
    }
  }

  private word(token: Token, context: string): Operand {
    const { text, at } = token;
    if (text === "true" || text === "false") return this.constant(token, text === "true");
    if (text === "nil") {
      this.noFieldOf("nil");
      return { kind: "nil", at, source: text };
    }
    if (keywords.has(text)) throw this.reader.unexpected(token, context);
    if (!this.functions.has(text)) throw this.reader.error(`function ${goQuote(text)} not defined`);
    this.noFieldOf(text);
    return { kind: "function", name: text, at, source: text };
  }

  private parenthesis(at: number): Operand {
    if (++this.depth > maxNesting) throw this.reader.error("parentheses are nested too deeply");
    const pipeline = this.pipeline("parenthesized pipeline", "rightParen");
    this.depth -= 1;
    return { kind: "pipeline", pipeline, names: this.names(), ...this.reader.since(at) };
  }

  private constant(token: Token, value: string | number | bigint | boolean): Operand {
    this.noFieldOf(token.text);
    return { kind: "constant", value, at: token.at, source: token.text };
  }

  private noFieldOf(text: string): void {
    if (this.reader.peekRaw()?.kind === "field") {
      throw this.reader.error(`unexpected . after term ${goQuote(text)}`);
    }
  }

  private names(): string[] {
    const names: string[] = [];
    while (this.reader.peekRaw()?.kind === "field") names.push(this.reader.nextRaw()?.text.slice(1) ?? "");
    return names;
  }

  unquote(token: Token): string {
    return goUnquote(token.text) ?? this.malformed("string syntax", token.text);
  }

  private malformed(what: string, text: string): never {
    throw this.reader.error(`bad ${what}: ${text}`);
  }

  private checkVariable(name: string): void {
    if (!this.variables.includes(name)) throw this.reader.error(`undefined variable ${goQuote(name)}`);
  }

  /** Only the first stage of a pipeline may be a mere value. */
  private checkStages(commands: readonly Command[]): void {
    commands.slice(1).forEach(({ words }, index) => {
      const { kind, source } = words[0];
      if (kind === "constant" || kind === "nil" || kind === "dot") {
        throw this.reader.error(`non executable command in pipeline stage ${index + 2}: ${source}`);
      }
    });
  }

  private failedAt(context: string, message?: string): TemplateError {
    const token = this.reader.next();
    return message === undefined ? this.reader.unexpected(token, context) : this.reader.error(message);
  }
}
