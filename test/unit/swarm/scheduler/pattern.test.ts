import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileGlob, compilePattern } from "../../../../src/swarm/scheduler/pattern.ts";

describe("patterns in the syntax of RE2", () => {
  test.each([
    ["node[12]", "node2", true],
    ["node[12]", "node3", false],
    ["^node$", "node1", false],
    ["ode", "node", true],
    ["(linux)|(windows)", "windows", true],
    ["(?i)NODE", "node1", true],
    ["NODE", "node1", false],
    ["a(?i:B)c", "abc", true],
    ["a(?i:B)c", "abC", false],
    ["[^a-c]x", "dx", true],
    ["[^a-c]x", "bx", false],
    ["[]a]", "]", true],
    ["[[:digit:]]+$", "web42", true],
    ["\\d{2,3}$", "a7", false],
    ["^\\d{2,3}$", "123", true],
    ["^(ab){2}$", "abab", true],
    ["^a{2,}$", "aaaa", true],
    ["^a{2,}$", "a", false],
    ["a{x", "a{x", true],
    ["\\bweb\\b", "my web app", true],
    ["\\bweb\\b", "website", false],
    ["\\Q.*\\E", "a.*b", true],
    ["\\Q.*\\E", "aXXb", false],
    ["\\x41\\x{42}", "AB", true],
    ["\\pL+\\p{Greek}", "aβ", true],
    ["a.c", "a\nc", false],
    ["(?s)a.c", "a\nc", true],
    ["(?m)^b$", "a\nb", true],
    ["(?P<zone>a|b)1", "b1", true],
    ["x*?y", "y", true],
    ["", "anything", true],
    ["[[:^alpha:]]", "a", false],
  ])("%s in %s: %s", (pattern, text, expected) => {
    expect(compilePattern(pattern)?.matches(text)).toBe(expected);
  });

  test.each([
    "(",
    ")",
    "[a",
    "a**",
    "*a",
    "(?=x)",
    "(?<!x)y",
    "\\1",
    "a{3,2}",
    "a{1001}",
    "\\",
    "[z-a]",
    "(?x)a",
    "\\k",
  ])("%s does not compile", (pattern) => {
    expect(compilePattern(pattern)).toBeUndefined();
  });

  test("a nested repetition that hangs a backtracking engine is answered at once", () => {
    const text = `${"a".repeat(3000)}!`;
    expect(compilePattern("^(a+)+$")?.matches(text)).toBe(false);
    expect(compilePattern("^(a|a)*(a|aa)*$")?.matches(text)).toBe(false);
  });

  test("a pattern that would grow without bound is refused", () => {
    expect(compilePattern("((a{1000}){1000}){1000}")).toBeUndefined();
    expect(compilePattern("(".repeat(10_000))).toBeUndefined();
  });

  test("agrees with JavaScript where both know the syntax", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^b]", "(a|b)", "(ab|b)", "(b)");
    const piece = fc
      .tuple(atom, fc.constantFrom("", "*", "+", "?", "{1,2}"))
      .map(([one, times]) => one + times);
    const pattern = fc
      .tuple(fc.constantFrom("", "^"), fc.array(piece, { maxLength: 5 }), fc.constantFrom("", "$"))
      .map(([head, pieces, tail]) => head + pieces.join("") + tail);
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(compilePattern(source)?.matches(subject)).toBe(new RegExp(source).test(subject));
      }),
      { numRuns: 500 },
    );
  });

  test("no text at all makes the compiler throw", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.string({ maxLength: 20 }),
        (source, text) => {
          const found = compilePattern(source)?.matches(text);
          expect(found === undefined || typeof found === "boolean").toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("globs", () => {
  test.each([
    ["us*", "us-east", true],
    ["us*", "eu-us", false],
    ["node.", "node1", true],
    ["node.", "node10", false],
    ["3.2", "312", true],
    ["ssd", "ssd", true],
    ["ssd", "ssd2", false],
    ["*", "", true],
    ["a[12]*", "a2x", true],
  ])("%s on %s: %s", (glob, text, expected) => {
    expect(compileGlob(glob)?.matches(text)).toBe(expected);
  });
});
