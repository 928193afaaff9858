import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printGoJson } from "../../../src/store/go-json.ts";
import { parseJsonTree, plainOf, treeOf } from "../../../src/store/json-tree.ts";

fc.configureGlobal({ seed: 20261128 });

describe("JSON trees", () => {
  it("give the same values as JSON.parse", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(plainOf(parseJsonTree(spaced))).toEqual(JSON.parse(spaced));
      }),
    );
  });

  it("survive printing and parsing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        const again = plainOf(parseJsonTree(printGoJson(treeOf(plain))));
        expect(JSON.stringify(again)).toBe(JSON.stringify(plain));
      }),
    );
  });

  it("keep the text of numbers that JavaScript cannot hold", () => {
    const text = '{\n    "a": 12345678901234567890,\n    "b": 1.0,\n    "c": 1E+2\n}';
    expect(printGoJson(parseJsonTree(text))).toBe(text);
  });

  it("let the last of duplicate keys win", () => {
    expect(printGoJson(parseJsonTree('{"a":1,"b":2,"a":3}'))).toBe('{\n    "b": 2,\n    "a": 3\n}');
  });

  it("hold a key named __proto__ like any other", () => {
    const plain = plainOf(parseJsonTree('{"__proto__":{"x":1}}'));
    expect(Object.keys(Object(plain))).toEqual(["__proto__"]);
    expect(JSON.stringify(plain)).toBe('{"__proto__":{"x":1}}');
  });

  it.each(["", "{", '{"a":', "[1,]", "nul", '"\u0001"', "{'a':1}", '{"a":1}}'])(
    "refuse %j with a SyntaxError",
    (text) => {
      expect(() => parseJsonTree(text)).toThrow(SyntaxError);
    },
  );

  it("refuse what is nested without end", () => {
    expect(() => parseJsonTree("[".repeat(5_000) + "]".repeat(5_000))).toThrow(SyntaxError);
  });
});

describe("Go's JSON", () => {
  it("is printed with four blanks, escapes and no final newline", () => {
    const value = { a: "<b> & \u2028\u2029", list: [], object: {}, nested: [1, { c: null }], t: true };
    expect(printGoJson(treeOf(value))).toBe(
      [
        "{",
        '    "a": "\\u003cb\\u003e \\u0026 \\u2028\\u2029",',
        '    "list": [],',
        '    "object": {},',
        '    "nested": [',
        "        1,",
        "        {",
        '            "c": null',
        "        }",
        "    ],",
        '    "t": true',
        "}",
      ].join("\n"),
    );
  });

  it("leaves backslashes alone and replaces half a surrogate pair", () => {
    expect(printGoJson(treeOf("\\b\\f \ud800 \u{1f600}"))).toBe('"\\\\b\\\\f \ufffd \u{1f600}"');
  });
});
