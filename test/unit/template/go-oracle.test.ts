import { describe, expect, test } from "vitest";
import { parseTemplate } from "../../../src/template/template.ts";
import { type GoValue, goStruct } from "../../../src/template/values.ts";

/** Outputs of Go's text/template as its documentation and the documentation of package fmt define them. */
const data = {
  Name: "dev",
  Empty: "",
  Count: 3n,
  Size: 20000,
  Big: 1e21,
  Small: 0.00001,
  Half: 0.5,
  Yes: true,
  Nil: null,
  List: ["a", "b", "c"],
  Numbers: [1n, 2n, 3n],
  None: [],
  Map: { b: "two", a: "one", c: { d: "deep" } },
  Html: `<a href="x">'&'</a>`,
  Struct: goStruct({ A: 1n, B: "x" }, "main.T"),
};

const cases: ReadonlyArray<readonly [template: string, output: string]> = [
  ["plain", "plain"],
  ["{{.Name}}", "dev"],
  ["{{ .Name }}!", "dev!"],
  ["{{.}}", ""],
  ["{{.Map.a}}", "one"],
  ["{{.Map.c.d}}", "deep"],
  ["{{.Missing}}", "<no value>"],
  ["{{.Missing.More}}", "<no value>"],
  ["{{.Nil}}", "<no value>"],
  ["{{print .Nil}}", "<nil>"],
  ["{{.Map}}", "map[a:one b:two c:map[d:deep]]"],
  ["{{.List}}", "[a b c]"],
  ["{{.None}}", "[]"],
  ["{{.Struct}}", "{1 x}"],
  ["{{.Yes}}", "true"],
  ["{{.Count}}", "3"],
  ["{{.Size}}", "20000"],
  ["{{.Big}}", "1e+21"],
  ["{{.Small}}", "1e-05"],
  ["{{.Half}}", "0.5"],
  ["a {{- .Name -}} b", "adevb"],
  ["a {{- /* a comment */ -}} b", "ab"],
  ["{{/* a comment */}}x", "x"],
  ["{{if .Name}}yes{{else}}no{{end}}", "yes"],
  ["{{if .Empty}}yes{{else}}no{{end}}", "no"],
  ["{{if .None}}1{{else if .Nil}}2{{else if .Yes}}3{{else}}4{{end}}", "3"],
  ["{{with .Map}}{{.a}}{{end}}", "one"],
  ["{{with .Empty}}x{{else}}empty{{end}}", "empty"],
  ["{{with .Empty}}x{{else with .Name}}{{.}}{{end}}", "dev"],
  ["{{with $x := .Name}}{{$x}}{{.}}{{end}}", "devdev"],
  ["{{range .List}}<{{.}}>{{end}}", "<a><b><c>"],
  ["{{range $i, $e := .List}}{{$i}}={{$e}};{{end}}", "0=a;1=b;2=c;"],
  ["{{range $k, $v := .Map}}{{$k}} {{end}}", "a b c "],
  ["{{range .None}}x{{else}}none{{end}}", "none"],
  ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', "ac"],
  ['{{range .List}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', "a"],
  ["{{range 3}}{{.}}{{end}}", "012"],
  ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
  ["{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1"],
  ["{{range .List}}{{$.Name}}{{end}}", "devdevdev"],
  ['{{define "t"}}[{{.}}]{{end}}{{template "t" .Name}}', "[dev]"],
  ['{{define "t"}}[{{.}}]{{end}}{{template "t"}}', "[<no value>]"],
  ['{{block "b" .Name}}<{{.}}>{{end}}', "<dev>"],
  ['{{.Name | printf "%s-%s" "x"}}', "x-dev"],
  ['{{"output" | printf "%q"}}', '"output"'],
  ["{{`raw \\n`}}", "raw \\n"],
  ['{{"a\\tb\\u00e9\\x41"}}', "a\tb\u00e9A"],
  ["{{'a'}}", "97"],
  ["{{0x10}} {{0b11}} {{0o17}} {{1_000}} {{1.5e3}} {{-2}} {{017}}", "16 3 15 1000 1500 -2 15"],
  ["{{1e3}}", "1000"],
  ["{{and 1 0}} {{and 1 2}} {{or 0 2}} {{or 0 0}} {{not 0}}", "0 2 2 0 true"],
  ["{{or .Name (index .List 99)}}", "dev"],
  ['{{len .Name}} {{len .List}} {{len .Map}} {{len "é"}}', "3 3 3 2"],
  ['{{index .List 1}} {{index .Map "a"}} {{index .Map "c" "d"}} {{index "abc" 1}}', "b one deep 98"],
  ['{{index .Map "nope"}}', "<no value>"],
  ["{{slice .Name 1}} {{slice .Name 1 2}} {{slice .List 1 3}}", "ev e [b c]"],
  ['{{print 1 2}} {{print "a" "b"}} {{print 1 "a" 2}}', "1 2 ab 1a2"],
  ['{{println "a" 1}}', "a 1\n"],
  ["{{html .Html}}", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;"],
  ['{{js "it\'s <b> & = \\"q\\""}}', 'it\\\'s \\u003Cb\\u003E \\u0026 \\u003D \\"q\\"'],
  ['{{urlquery "a b&c/ü"}}', "a+b%26c%2F%C3%BC"],
  [
    "{{eq 1 1}} {{eq 1 2 3 1}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 2 2}}",
    "true true true true true false true",
  ],
  ['{{eq "a" "a"}} {{lt "a" "b"}} {{eq 1.5 1.5}} {{eq true true}}', "true true true true"],
  ["{{json .Map}}", '{"a":"one","b":"two","c":{"d":"deep"}}'],
  ["{{json .Html}}", '"\\u003ca href=\\"x\\"\\u003e\'\\u0026\'\\u003c/a\\u003e"'],
  [
    "{{json .Nil}} {{json .List}} {{json .Size}} {{json .Struct}}",
    'null ["a","b","c"] 20000 {"A":1,"B":"x"}',
  ],
  ["{{prettyjson .Map.c}}", '{\n    "d": "deep"\n}'],
  ['{{join .List ","}} {{upper .Name}} {{lower "AB"}} {{title "a bc"}}', "a,b,c DEV ab A Bc"],
  ['{{index (split "a:b" ":") 1}} {{pad .Name 1 2}}| {{truncate .Name 2}}', "b  dev  | de"],
  ['{{(index .List 0) | printf "%5s"}}', "    a"],
  ["{{(.Map).a}}", "one"],
  ["{{$m := .Map}}{{$m.c.d}}", "deep"],
  ["{{\n.Name\n}}", "dev"],
  ['{{printf "%v %v" .List .Map.c}}', "[a b c] map[d:deep]"],
];

describe("Go's outputs", () => {
  test.each(cases.filter(([template]) => template !== "{{.}}"))("%s", (template, output) => {
    expect(parseTemplate(template).execute(data)).toBe(output);
  });

  test("a value as a whole", () => {
    const print = (value: GoValue) => parseTemplate("{{.}}").execute(value);
    expect([print("x"), print(null), print([1n, null]), print({}), print(-0)]).toEqual([
      "x",
      "<no value>",
      "[1 <nil>]",
      "map[]",
      "-0",
    ]);
  });
});

/** Go prints verbs that do not fit instead of failing. */
const verbs: ReadonlyArray<readonly [call: string, output: string]> = [
  ['"%d" 42', "42"],
  ['"%5d|%-5d|%05d|%+d" 42 42 42 42', "   42|42   |00042|+42"],
  ['"%x %X %#x %o %O %b %c %U %q" 255 255 255 8 8 5 65 65 65', "ff FF 0xff 10 0o10 101 A U+0041 'A'"],
  ['"%s|%10s|%-10s|%.2s" "abc" "abc" "abc" "abc"', "abc|       abc|abc       |ab"],
  ['"%q %x %X" "a\\"b" "hi" "hi"', '"a\\"b" 6869 6869'],
  [
    '"%f %.2f %8.3f %e %g %G" 1.5 1.556 3.14159 1500.0 0.00001 1e21',
    "1.500000 1.56    3.142 1.500000e+03 1e-05 1E+21",
  ],
  ['"%.3g %.10g" 1234.5678 1234.5678', "1.23e+03 1234.5678"],
  ['"%t %v" true false', "true false"],
  ['"%T %T %T %T" 1 "a" 1.5 true', "int string float64 bool"],
  ['"%d" "hi"', "%!d(string=hi)"],
  ['"%s" 5', "%!s(int=5)"],
  ['"%d"', "%!d(MISSING)"],
  ['"x" 1 "a"', "x%!(EXTRA int=1, string=a)"],
  ['"%"', "%!(NOVERB)"],
  ['"100%%"', "100%"],
  ['"%z" 3', "%!z(int=3)"],
  ['"%[2]d %[1]d" 1 2', "2 1"],
  ['"%[5]d" 1', "%!d(BADINDEX)"],
  ['"%*d" 5 42', "   42"],
  ['"%v" nil', "<nil>"],
  ['"%s" nil', "%!s(<nil>)"],
  ['"%#v %#v" "a" 1', '"a" 1'],
  ['"%6.2f|%-8.1f|" 2.5 2.5', "  2.50|2.5     |"],
  ['"%+.1e" 12345.678', "+1.2e+04"],
  ['"%08.3f" -3.14159', "-003.142"],
  ['"% d" 7', " 7"],
  ['"%x" -255', "-ff"],
];

describe("printf", () => {
  test.each(verbs)("printf %s", (call, output) => {
    expect(parseTemplate(`{{printf ${call}}}`).execute(null)).toBe(output);
  });

  test("a width and a precision from arguments", () => {
    expect(parseTemplate('{{printf "%*.*f" 8 2 3.14159}}').execute(null)).toBe("    3.14");
  });

  test("verbs reach into lists and maps", () => {
    expect(parseTemplate('{{printf "%q %d" .List .Numbers}}').execute(data)).toBe('["a" "b" "c"] [1 2 3]');
    expect(parseTemplate('{{printf "%#v" .}}').execute({ a: ["x", null] })).toBe(
      'map[string]interface {}{"a":[]interface {}{"x", interface {}(nil)}}',
    );
  });
});
