import { messageOf } from "../kit/errors.ts";
import { FunctionError, TemplateError } from "./errors.ts";
import type { Command, Node, Operand, Pipeline, Place, Tree } from "./nodes.ts";
import { printValue } from "./print.ts";
import { goQuote } from "./quote.ts";
import { lineOf } from "./token-reader.ts";
import {
  GoDuration,
  GoStruct,
  type GoValue,
  isList,
  isMap,
  isTrue,
  lookUp,
  sortedKeys,
  typeName,
} from "./values.ts";

/** A function of templates; throws FunctionError for what it cannot take. */
export type TemplateFunction = (args: readonly GoValue[]) => GoValue;

const maxDepth = 500;
/** No template that a person means prints more; one that goes round in circles stops here. */
const maxOutput = 64 * 1024 * 1024;

type Turn = "go" | "break" | "continue";

/** Runs a parsed template over `data`. Throws TemplateError TEMPLATE_FAILED. */
export function evaluate(
  tree: Tree,
  functions: ReadonlyMap<string, TemplateFunction>,
  data: GoValue,
): string {
  const run = new Run(tree, functions, data);
  run.walkAll(tree.body, data);
  return run.output();
}

class Run {
  private readonly tree: Tree;
  private readonly functions: ReadonlyMap<string, TemplateFunction>;
  private readonly parts: string[] = [];
  private size = 0;
  private variables: Array<{ name: string; value: GoValue }>;
  private template: string;
  private depth = 0;

  constructor(tree: Tree, functions: ReadonlyMap<string, TemplateFunction>, data: GoValue) {
    this.tree = tree;
    this.functions = functions;
    this.template = tree.name;
    this.variables = [{ name: "$", value: data }];
  }

  output(): string {
    return this.parts.join("");
  }

  walkAll(nodes: readonly Node[], dot: GoValue): Turn {
    const mark = this.variables.length;
    for (const node of nodes) {
      const turn = this.walk(node, dot);
      if (turn !== "go") {
        this.variables.length = mark;
        return turn;
      }
    }
    return "go";
  }

  private walk(node: Node, dot: GoValue): Turn {
    switch (node.kind) {
      case "text":
        this.write(node.text);
        return "go";
      case "action": {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.declares.length === 0) this.write(value == null ? "<no value>" : printValue(value));
        return "go";
      }
      case "if":
      case "with":
        return this.branch(node, dot);
      case "range":
        return this.range(node, dot);
      case "template":
        this.call(node, dot);
        return "go";
      case "break":
      case "continue":
        return node.kind;
    }
  }

  private branch(node: Extract<Node, { kind: "if" | "with" | "range" }>, dot: GoValue): Turn {
    const mark = this.variables.length;
    const value = this.pipeline(node.pipeline, dot);
    const turn = isTrue(value)
      ? this.walkAll(node.body, node.kind === "with" ? value : dot)
      : this.walkAll(node.otherwise, dot);
    this.variables.length = mark;
    return turn;
  }

  private range(node: Extract<Node, { kind: "if" | "with" | "range" }>, dot: GoValue): Turn {
    const mark = this.variables.length;
    const { declares, assigns } = node.pipeline;
    const value = this.pipeline({ ...node.pipeline, declares: [] }, dot);
    const pairs = this.elements(value, node.pipeline);
    let empty = true;
    for (const [key, element] of pairs) {
      empty = false;
      const inner = this.variables.length;
      const bound = declares.length === 2 ? [key, element] : [element];
      declares.forEach((name, index) => {
        if (assigns) this.assign(name, bound[index]);
        else this.variables.push({ name, value: bound[index] });
      });
      const turn = this.walkAll(node.body, element);
      this.variables.length = inner;
      if (turn === "break") break;
    }
    const turn = empty ? this.walkAll(node.otherwise, dot) : "go";
    this.variables.length = mark;
    return turn;
  }

  private elements(value: GoValue, place: Place): Iterable<readonly [GoValue, GoValue]> {
    if (value === null || value === undefined) return [];
    if (isList(value)) return value.map((item, index) => [BigInt(index), item] as const);
    if (isMap(value)) return sortedKeys(value).map((key) => [key, lookUp(value, key)] as const);
    if (typeof value === "bigint") return count(value);
    throw this.error(place, `range can't iterate over ${printValue(value)}`);
  }

  private call(node: Extract<Node, { kind: "template" }>, dot: GoValue): void {
    const body = this.tree.definitions.get(node.name);
    if (body === undefined) throw this.error(node.place, `template ${goQuote(node.name)} not defined`);
    const data = node.pipeline === undefined ? undefined : this.pipeline(node.pipeline, dot);
    if (++this.depth > maxDepth)
      throw this.error(node.place, `exceeded maximum template depth (${maxDepth})`);
    const { variables, template } = this;
    this.variables = [{ name: "$", value: data }];
    this.template = node.name;
    this.walkAll(body, data);
    this.variables = variables;
    this.template = template;
    this.depth -= 1;
  }

  private pipeline(pipeline: Pipeline, dot: GoValue): GoValue {
    let value: GoValue;
    let hasFinal = false;
    for (const command of pipeline.commands) {
      value = this.command(command, dot, hasFinal ? [value] : []);
      hasFinal = true;
    }
    for (const name of pipeline.declares) {
      if (pipeline.assigns) this.assign(name, value);
      else this.variables.push({ name, value });
    }
    return value;
  }

  /** @param final the value of the stage before, as a list of one; empty for the first stage */
  private command(command: Command, dot: GoValue, final: readonly GoValue[]): GoValue {
    const [first, ...rest] = command.words;
    if (first.kind === "function") return this.invoke(first, rest, dot, final);
    if (first.kind === "nil") throw this.error(first, "nil is not a command");
    if (rest.length > 0 || final.length > 0) {
      const fields = first.kind === "field" || first.kind === "variable" || first.kind === "pipeline";
      const name = fields ? first.names.at(-1) : undefined;
      if (name === undefined) throw this.error(first, `can't give argument to non-function ${first.source}`);
      throw this.error(first, `${name} is not a method but has arguments`);
    }
    return this.operand(first, dot);
  }

  private invoke(
    place: Operand & { kind: "function" },
    words: readonly Operand[],
    dot: GoValue,
    final: readonly GoValue[],
  ): GoValue {
    if (place.name === "and" || place.name === "or") return this.shortCircuit(place, words, dot, final);
    const run = this.functions.get(place.name);
    if (run === undefined) throw this.error(place, `${goQuote(place.name)} is not a defined function`);
    const args = [...words.map((word) => this.operand(word, dot)), ...final];
    try {
      return run(args);
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      const message = messageOf(error);
      throw this.error(
        place,
        message.startsWith("wrong ") ? message : `error calling ${place.name}: ${message}`,
      );
    }
  }

  /** The arguments behind the one that decides are not evaluated. */
  private shortCircuit(
    place: Operand & { kind: "function" },
    words: readonly Operand[],
    dot: GoValue,
    final: readonly GoValue[],
  ): GoValue {
    if (words.length + final.length === 0) {
      throw this.error(place, `wrong number of args for ${place.name}: want at least 1 got 0`);
    }
    const stopsAt = place.name === "or";
    let value: GoValue;
    for (const word of words) {
      value = this.operand(word, dot);
      if (isTrue(value) === stopsAt) return value;
    }
    return final.length > 0 ? final[0] : value;
  }

  private operand(operand: Operand, dot: GoValue): GoValue {
    switch (operand.kind) {
      case "constant":
        return operand.value;
      case "nil":
        return null;
      case "dot":
        return dot;
      case "field":
        return this.fields(dot, operand.names, operand);
      case "variable":
        return this.fields(this.variable(operand.name), operand.names, operand);
      case "pipeline":
        return this.fields(this.pipeline(operand.pipeline, dot), operand.names, operand);
      case "function":
        return this.invoke(operand, [], dot, []);
    }
  }

  private fields(start: GoValue, names: readonly string[], place: Place): GoValue {
    let value = start;
    for (const name of names) value = this.field(value, name, place);
    return value;
  }

  private field(value: GoValue, name: string, place: Place): GoValue {
    if (value === undefined) return undefined;
    if (value === null) throw this.error(place, `nil pointer evaluating interface {}.${name}`);
    if (value instanceof GoStruct) {
      if (value.fields.has(name)) return value.fields.get(name);
    } else if (isMap(value)) {
      return lookUp(value, name);
    }
    const type = value instanceof GoStruct || value instanceof GoDuration ? typeName(value) : "interface {}";
    throw this.error(place, `can't evaluate field ${name} in type ${type}`);
  }

  private variable(name: string): GoValue {
    return this.variables.findLast((one) => one.name === name)?.value;
  }

  private assign(name: string, value: GoValue): void {
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable !== undefined) variable.value = value;
  }

  private write(text: string): void {
    this.size += text.length;
    if (this.size > maxOutput) throw new TemplateError("TEMPLATE_FAILED", "the template prints without end");
    this.parts.push(text);
  }

  private error(place: Place, message: string): TemplateError {
    const { source, name } = this.tree;
    const column = place.at - (source.lastIndexOf("\n", place.at - 1) + 1);
    const shown = place.source.length > 20 ? `${place.source.slice(0, 20)}...` : place.source;
    const where = `template: ${name}:${lineOf(source, place.at)}:${column}: executing ${goQuote(this.template)} at <${shown}>`;
    return new TemplateError("TEMPLATE_FAILED", `${where}: ${message}`);
  }
}

function* count(end: bigint): Generator<readonly [GoValue, GoValue]> {
  for (let index = 0n; index < end; index += 1n) yield [index, index];
}
