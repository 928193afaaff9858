import { describe, expect, test } from "vitest";
import { TemplateError } from "../../../src/template/errors.ts";
import { parseTemplate } from "../../../src/template/template.ts";
import { goStruct } from "../../../src/template/values.ts";

function failureOf(run: () => unknown): TemplateError {
  try {
    run();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const wrong: ReadonlyArray<readonly [template: string, message: string]> = [
  ["{{", "template: :1: unclosed action"],
  ["{{.Name", "template: :1: unclosed action"],
  ["a\n{{if}}x{{end}}", "template: :2: missing value for if"],
  ["{{if .A}}x", "template: :1: unexpected EOF in if"],
  ["{{end}}", "template: :1: unexpected {{end}}"],
  ["{{else}}", "template: :1: unexpected {{else}}"],
  ["{{foo}}", 'template: :1: function "foo" not defined'],
  ["{{$x}}", 'template: :1: undefined variable "$x"'],
  ["{{break}}", "template: :1: {{break}} outside {{range}}"],
  ["{{}}", "template: :1: missing value for command"],
  ["{{.A | }}", "template: :1: missing value for command"],
  ['{{"abc}}', "template: :1: unterminated quoted string"],
  ["{{`abc}}", "template: :1: unterminated raw quoted string"],
  ["{{(.A}}", "template: :1: unclosed left paren"],
  ["{{.A)}}", "template: :1: unexpected right paren"],
  ["{{/* x }}", "template: :1: unclosed comment"],
  ["{{.A | 3}}", "template: :1: non executable command in pipeline stage 2: 3"],
  ["{{1abc}}", "template: :1: bad number syntax"],
  ["{{#}}", "template: :1: unrecognized character in action: U+0023 '#'"],
  ["{{define}}x{{end}}", 'template: :1: unexpected "}}" in define clause'],
];

describe("templates that are none", () => {
  test.each(wrong)("%s", (template, message) => {
    const error = failureOf(() => parseTemplate(template));
    expect(error.code).toBe("TEMPLATE_INVALID");
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(1);
  });
});

const failing: ReadonlyArray<readonly [template: string, message: string]> = [
  [
    "{{.Name.Sub}}",
    `template: :1:2: executing "" at <.Name.Sub>: can't evaluate field Sub in type interface {}`,
  ],
  ["{{.Nil.Sub}}", "nil pointer evaluating interface {}.Sub"],
  ["{{.S.Nope}}", "can't evaluate field Nope in type main.T"],
  ["{{range .Name}}x{{end}}", "range can't iterate over dev"],
  ['{{template "t"}}', 'template "t" not defined'],
  ["{{eq .Float 3}}", "error calling eq: incompatible types for comparison"],
  ["{{eq .List .List}}", "error calling eq: non-comparable type"],
  ["{{lt true false}}", "error calling lt: invalid type for comparison"],
  ["{{len 3}}", "error calling len: len of type int"],
  ["{{index .List 9}}", "error calling index: index out of range: 9"],
  ['{{index .List "a"}}', "error calling index: cannot index slice/array with type string"],
  ["{{index .M 1}}", "error calling index: value has type int; should be string"],
  ["{{slice .List 2 1}}", "error calling slice: invalid slice index: 2 > 1"],
  ["{{nil}}", "nil is not a command"],
  ["{{.Name 1}}", "Name is not a method but has arguments"],
  ["{{3 4}}", "can't give argument to non-function 3"],
  ["{{not}}", "wrong number of args for not: want 1 got 0"],
  ["{{and}}", "wrong number of args for and: want at least 1 got 0"],
  ["{{call .Name}}", "error calling call: non-function of type string"],
  ["{{upper 3}}", "wrong type for value; expected string; got int"],
  ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', "exceeded maximum template depth"],
];

describe("templates that fail on their data", () => {
  const data = {
    Name: "dev",
    Nil: null,
    Float: 3,
    List: ["a", "b"],
    M: {},
    S: goStruct({ A: 1n }, "main.T"),
  };
  test.each(failing)("%s", (template, message) => {
    const error = failureOf(() => parseTemplate(template).execute(data));
    expect(error.code).toBe("TEMPLATE_FAILED");
    expect(error.message).toContain(message);
  });

  test("names inherited by every object are no keys", () => {
    expect(parseTemplate("{{.constructor}} {{.toString}}").execute({})).toBe("<no value> <no value>");
  });
});
