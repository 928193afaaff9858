import { parsePattern } from "./pattern-parser.ts";
import { compileProgram, runProgram } from "./pattern-program.ts";

/** A compiled pattern; time grows with pattern × text, never more. */
export interface Pattern {
  /** Whether the pattern is found anywhere in the text. */
  matches(text: string): boolean;
}

const maxCandidateLength = 4096;

/**
 * Compiles a regular expression in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which Go uses: no
 * look-around, no back references. Matching is unanchored, case-sensitive unless (?i).
 * @returns undefined for a pattern that does not compile
 */
export function compilePattern(source: string): Pattern | undefined {
  const tree = parsePattern(source);
  const program = tree && compileProgram(tree);
  if (!program) return undefined;
  return { matches: (text) => runProgram(program, text.slice(0, maxCandidateLength)) };
}

/**
 * Compiles a glob of the scheduler's expressions: `*` is any text, `.` any character, the whole text must match; what
 * else a regular expression knows works too.
 */
export function compileGlob(source: string): Pattern | undefined {
  if (/^[\w:/ =~!-]*$/.test(source)) return { matches: (text) => text === source };
  if (/^[\w:/ =~!.-]*$/.test(source)) return { matches: (text) => matchesDotted(source, text) };
  return compilePattern(`^${source.replaceAll("*", ".*")}$`);
}

function matchesDotted(source: string, text: string): boolean {
  if (source.length !== text.length) return false;
  for (let i = 0; i < source.length; i++) {
    const wanted = source[i];
    if (wanted !== "." ? wanted !== text[i] : text[i] === "\n") return false;
  }
  return true;
}
