import { TemplateError } from "./errors.ts";
import { LexError, type Token, tokenize } from "./lexer.ts";
import type { Branch, Node, Pipeline, Tree } from "./nodes.ts";
import { PipelineParser } from "./pipeline-parser.ts";
import { lineOf, TokenReader } from "./token-reader.ts";

type End = "end" | "else" | "eof";

const maxNesting = 200;

/**
 * Parses a template.
 * @param functions names that may be called
 * @throws TemplateError TEMPLATE_INVALID
 */
export function parse(source: string, functions: ReadonlySet<string>, name: string): Tree {
  return new Parser(source, functions, name).tree();
}

class Parser {
  private readonly source: string;
  private readonly name: string;
  private readonly reader: TokenReader;
  private readonly pipelines: PipelineParser;
  private readonly definitions = new Map<string, readonly Node[]>();
  private loops = 0;
  private depth = 0;

  constructor(source: string, functions: ReadonlySet<string>, name: string) {
    this.source = source;
    this.name = name;
    this.reader = new TokenReader(source, name, tokens(source, name));
    this.pipelines = new PipelineParser(this.reader, functions);
  }

  tree(): Tree {
    const { nodes } = this.list(["eof"], "");
    return { source: this.source, name: this.name, body: nodes, definitions: this.definitions };
  }

  /** Nodes up to one of the words that may end them. */
  private list(ends: readonly End[], context: string): { nodes: Node[]; end: End } {
    if (++this.depth > maxNesting) throw this.reader.error("actions are nested too deeply");
    const nodes: Node[] = [];
    for (;;) {
      const token = this.reader.nextRaw();
      if (token === undefined) {
        if (!ends.includes("eof")) throw this.reader.error(`unexpected EOF${context && ` in ${context}`}`);
        this.depth -= 1;
        return { nodes, end: "eof" };
      }
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const word = this.reader.peek();
      const keyword = word?.kind === "word" ? word.text : "";
      if (keyword === "end" || keyword === "else") {
        this.reader.next();
        if (!ends.includes(keyword)) throw this.reader.error(`unexpected {{${keyword}}}`);
        if (keyword === "end") this.close("end");
        this.depth -= 1;
        return { nodes, end: keyword };
      }
      const node = this.action(keyword);
      if (node !== undefined) nodes.push(node);
    }
  }

  private action(keyword: string): Node | undefined {
    const { reader } = this;
    switch (keyword) {
      case "if":
      case "with":
      case "range":
        reader.next();
        return { kind: keyword, ...this.branch(keyword) };
      case "break":
      case "continue":
        reader.next();
        if (this.loops === 0) throw reader.error(`{{${keyword}}} outside {{range}}`);
        this.close(keyword);
        return { kind: keyword };
      case "define":
        reader.next();
        this.define();
        return undefined;
      case "block":
        reader.next();
        return this.block();
      case "template":
        reader.next();
        return this.call();
      default: {
        const pipeline = this.pipelines.pipeline("command", "close");
        return { kind: "action", pipeline };
      }
    }
  }

  private branch(keyword: "if" | "with" | "range"): Branch {
    const scope = this.pipelines.openScope();
    if (keyword === "range") this.loops += 1;
    const pipeline = this.pipelines.pipeline(keyword, "close");
    const first = this.list(["end", "else"], keyword);
    // a break in the else branch belongs to the loop around
    if (keyword === "range") this.loops -= 1;
    const otherwise = first.end === "else" ? this.otherwise(keyword) : [];
    this.pipelines.closeScope(scope);
    return { pipeline, body: first.nodes, otherwise };
  }

  private otherwise(keyword: "if" | "with" | "range"): readonly Node[] {
    const word = this.reader.peek();
    if (keyword !== "range" && word?.kind === "word" && word.text === keyword) {
      this.reader.next();
      return [{ kind: keyword, ...this.branch(keyword) }];
    }
    this.close("else");
    return this.list(["end"], keyword).nodes;
  }

  private define(): void {
    if (this.depth > 1) throw this.reader.error("unexpected {{define}}");
    const name = this.templateName("define clause");
    this.close("define clause");
    this.definitions.set(name, this.separate("define"));
  }

  private block(): Node {
    const place = this.reader.place();
    const name = this.templateName("block clause");
    const pipeline = this.pipelines.pipeline("block clause", "close");
    this.definitions.set(name, this.separate("block"));
    return { kind: "template", name, pipeline, place };
  }

  /** The body of a template of its own: it sees no variables and no loops of its surroundings. */
  private separate(context: string): readonly Node[] {
    const scope = this.pipelines.openEmptyScope();
    const { loops } = this;
    this.loops = 0;
    const { nodes } = this.list(["end"], context);
    this.loops = loops;
    this.pipelines.restoreScope(scope);
    return nodes;
  }

  private call(): Node {
    const place = this.reader.place();
    const name = this.templateName("template clause");
    if (this.reader.peek()?.kind === "close") {
      this.close("template clause");
      return { kind: "template", name, place };
    }
    const pipeline: Pipeline = this.pipelines.pipeline("template clause", "close");
    return { kind: "template", name, pipeline, place };
  }

  private templateName(context: string): string {
    const token = this.reader.next();
    if (token?.kind !== "string") throw this.reader.unexpected(token, context);
    return this.pipelines.unquote(token);
  }

  private close(context: string): void {
    const token = this.reader.next();
    if (token?.kind !== "close") throw this.reader.unexpected(token, context);
  }
}

function tokens(source: string, name: string): Token[] {
  try {
    return tokenize(source);
  } catch (error) {
    if (!(error instanceof LexError)) throw error;
    const line = lineOf(source, error.at);
    throw new TemplateError("TEMPLATE_INVALID", `template: ${name}:${line}: ${error.message}`);
  }
}
