import { compileGlob, compilePattern, type Pattern } from "./pattern.ts";

/** One expression of a container, such as `storage==ssd` or `container!=~front*`. */
export interface Expression {
  readonly key: string;
  readonly isNegated: boolean;
  /** Without the leading `~`. */
  readonly value: string;
  readonly isSoft: boolean;
  /** Undefined for a pattern that does not compile: it matches nothing. */
  readonly pattern: Pattern | undefined;
}

/** An expression that the grammar does not know; the message is what a client sees. */
export class ExpressionError extends Error {}

const keyForm = /^[a-z_][a-z0-9\-_.]+$/i;
const valueForm = /^[=!/]?~?[a-z0-9:\-_\s.*/()?+[\]\\^$|]+$/i;

/** @throws ExpressionError */
export function parseExpression(text: string): Expression {
  const operator = text.includes("==") ? "==" : "!=";
  const at = text.indexOf(operator);
  if (at < 0) throw new ExpressionError("One of operator ==, != is expected");
  const key = text.slice(0, at);
  const given = text.slice(at + operator.length);
  if (!keyForm.test(key)) throw new ExpressionError(`Key '${key}' is invalid`);
  if (!valueForm.test(given)) throw new ExpressionError(`Value '${given}' is invalid`);
  const value = given.replace(/^~+/, "");
  return {
    key,
    isNegated: operator === "!=",
    value,
    isSoft: value !== given,
    pattern: patternOf(value),
  };
}

function patternOf(value: string): Pattern | undefined {
  if (value.length > 1 && value.startsWith("/") && value.endsWith("/"))
    return compilePattern(value.slice(1, -1));
  return compileGlob(value);
}

/** Whether the candidates satisfy it: `==` needs one that matches, `!=` none. */
export function satisfies(expression: Expression, candidates: Iterable<string>): boolean {
  for (const candidate of candidates) {
    if (expression.pattern?.matches(candidate)) return !expression.isNegated;
  }
  return expression.isNegated;
}

/** `key==value`, as error texts show it. */
export function expressionText(expression: Expression): string {
  return `${expression.key}${expression.isNegated ? "!=" : "=="}${expression.value}`;
}
