import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TemplateError } from "../../../src/template/errors.ts";
import { parseTemplate } from "../../../src/template/template.ts";
import type { GoValue } from "../../../src/template/values.ts";

const piece = fc.constantFrom(
  ..."{{ }} {{- -}} .A .B.C $ $x := = | , ( ) if else end range with define template block break continue".split(
    " ",
  ),
  ...'"s" `r` \'c\' 1 2.5 -3 true nil and or not len index slice printf "%d" "%s" eq lt json join "," /* */'.split(
    " ",
  ),
  " ",
  "\n",
  "text",
);

const text = fc.oneof(
  fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(" ")),
  fc.array(piece, { maxLength: 20 }).map((parts) => `{{${parts.join(" ")}}}`),
  fc.string(),
);

const value: fc.Arbitrary<GoValue> = fc.letrec<{ value: GoValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.double(),
    fc.bigInt({ min: -20n, max: 20n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("A", "B", "C"), tie("value")),
  ),
})).value;

describe("whatever is written", () => {
  test("parsing and running give a text or a TemplateError", () => {
    fc.assert(
      fc.property(text, value, (source, data) => {
        try {
          expect(typeof parseTemplate(source).execute(data)).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("text without actions stays as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((source) => !source.includes("{{")),
        (source) => {
          expect(parseTemplate(source).execute(null)).toBe(source);
        },
      ),
    );
  });

  test("json reads back as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const given: GoValue = JSON.parse(JSON.stringify(data));
        expect(JSON.parse(parseTemplate("{{json .}}").execute(given))).toEqual(given);
        expect(JSON.parse(parseTemplate("{{prettyjson .}}").execute(given))).toEqual(given);
      }),
    );
  });

  test("a quoted string is unquoted to itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (source) => {
        const quoted = parseTemplate('{{printf "%q" .}}').execute(source);
        expect(parseTemplate(`{{${quoted}}}`).execute(null)).toBe(source);
      }),
    );
  });

  test("deep nesting is refused, not a crash", () => {
    const deep = `{{${"(".repeat(5000)}1${")".repeat(5000)}}}`;
    expect(() => parseTemplate(deep)).toThrow(TemplateError);
    expect(() => parseTemplate("{{if 1}}".repeat(5000))).toThrow(TemplateError);
  });
});
