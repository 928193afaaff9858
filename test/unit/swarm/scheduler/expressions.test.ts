import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ExpressionError,
  expressionText,
  parseExpression,
  satisfies,
} from "../../../../src/swarm/scheduler/expressions.ts";

describe("expressions", () => {
  test.each([
    ["storage==ssd", { key: "storage", isNegated: false, value: "ssd", isSoft: false }],
    ["storage!=ssd", { key: "storage", isNegated: true, value: "ssd", isSoft: false }],
    ["image==~redis", { key: "image", isNegated: false, value: "redis", isSoft: true }],
    ["node!=~/x[1-3]/", { key: "node", isNegated: true, value: "/x[1-3]/", isSoft: true }],
    ["a.b-c==d e", { key: "a.b-c", isNegated: false, value: "d e", isSoft: false }],
    ["ab!=c==d", { error: "Key 'ab!=c' is invalid" }],
    ["st orage==ssd", { error: "Key 'st orage' is invalid" }],
    ["a==b", { error: "Key 'a' is invalid" }],
    ["foo==b@r", { error: "Value 'b@r' is invalid" }],
    ["foo==", { error: "Value '' is invalid" }],
    ["foo=bar", { error: "One of operator ==, != is expected" }],
  ])("%s", (text, expected) => {
    if ("error" in expected) {
      expect(() => parseExpression(text)).toThrow(new ExpressionError(expected.error));
      return;
    }
    expect(parseExpression(text)).toMatchObject(expected);
  });

  test("== needs one candidate, != none", () => {
    expect(satisfies(parseExpression("node==n*"), ["x", "n1"])).toBe(true);
    expect(satisfies(parseExpression("node!=n*"), ["x", "n1"])).toBe(false);
    expect(satisfies(parseExpression("node==n*"), [])).toBe(false);
    expect(satisfies(parseExpression("node!=n*"), [])).toBe(true);
  });

  test("a pattern that does not compile matches nothing", () => {
    expect(satisfies(parseExpression("node==/(/"), ["("])).toBe(false);
    expect(satisfies(parseExpression("node!=/(/"), ["("])).toBe(true);
  });

  test("errors show the value without its soft mark", () => {
    expect(expressionText(parseExpression("image==~redis"))).toBe("image==redis");
  });

  test("any text is an expression or an ExpressionError", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        try {
          satisfies(parseExpression(text), ["node1", ""]);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
