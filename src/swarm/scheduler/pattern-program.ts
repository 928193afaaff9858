import type { CharTest } from "./pattern-class.ts";
import type { PatternTree } from "./pattern-parser.ts";

type Instruction =
  | { op: "char"; test: CharTest }
  | { op: "assert"; what: Extract<PatternTree, { kind: "assert" }>["what"] }
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { op: "match" };

/** Instructions of a non-deterministic automaton. */
export type Program = readonly Instruction[];

const maxInstructions = 10_000;

/** @returns undefined where the pattern grows too large */
export function compileProgram(tree: PatternTree): Program | undefined {
  const program: Instruction[] = [];
  if (!emit(tree, program)) return undefined;
  program.push({ op: "match" });
  return program;
}

function emit(tree: PatternTree, program: Instruction[]): boolean {
  if (program.length > maxInstructions) return false;
  switch (tree.kind) {
    case "char":
      program.push({ op: "char", test: tree.test });
      return true;
    case "assert":
      program.push({ op: "assert", what: tree.what });
      return true;
    case "sequence":
      return tree.parts.every((part) => emit(part, program));
    case "choice":
      return emitChoice(tree.parts, program);
    case "repeat":
      return emitRepeat(tree, program);
  }
}

function emitChoice(parts: readonly PatternTree[], program: Instruction[]): boolean {
  const exits: { op: "jump"; to: number }[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const split = { op: "split" as const, first: program.length + 1, second: 0 };
    if (!isLast) program.push(split);
    if (!emit(part, program)) return false;
    if (isLast) continue;
    const exit = { op: "jump" as const, to: 0 };
    program.push(exit);
    exits.push(exit);
    split.second = program.length;
  }
  for (const exit of exits) exit.to = program.length;
  return true;
}

function emitRepeat(tree: Extract<PatternTree, { kind: "repeat" }>, program: Instruction[]): boolean {
  for (let i = 0; i < tree.min; i++) if (!emit(tree.part, program)) return false;
  if (tree.max === Number.POSITIVE_INFINITY) {
    const split = { op: "split" as const, first: program.length + 1, second: 0 };
    const start = program.length;
    program.push(split);
    if (!emit(tree.part, program)) return false;
    program.push({ op: "jump", to: start });
    split.second = program.length;
    return true;
  }
  const splits: { op: "split"; first: number; second: number }[] = [];
  for (let i = tree.min; i < tree.max; i++) {
    const split = { op: "split" as const, first: program.length + 1, second: 0 };
    splits.push(split);
    program.push(split);
    if (!emit(tree.part, program)) return false;
  }
  for (const split of splits) split.second = program.length;
  return true;
}

/** Whether the program finds a match anywhere: all threads step through the text together, none goes back. */
export function runProgram(program: Program, text: string): boolean {
  const chars = Array.from(text);
  const seen = new Uint32Array(program.length);
  let threads: number[] = [];
  for (let at = 0; at <= chars.length; at++) {
    const stamp = at + 1;
    const ready: number[] = [];
    const stack = [0, ...threads.reverse()];
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      const instruction = program[pc];
      if (!instruction || seen[pc] === stamp) continue;
      seen[pc] = stamp;
      if (instruction.op === "match") return true;
      if (instruction.op === "jump") stack.push(instruction.to);
      else if (instruction.op === "split") stack.push(instruction.second, instruction.first);
      else if (instruction.op === "char") ready.push(pc);
      else if (holds(instruction.what, chars, at)) stack.push(pc + 1);
    }
    const char = chars[at];
    if (char === undefined) return false;
    threads = ready.filter((pc) => {
      const instruction = program[pc];
      return instruction?.op === "char" && instruction.test(char);
    });
    threads = threads.map((pc) => pc + 1);
  }
  return false;
}

function holds(
  what: Extract<PatternTree, { kind: "assert" }>["what"],
  chars: readonly string[],
  at: number,
): boolean {
  switch (what) {
    case "begin":
      return at === 0;
    case "end":
      return at === chars.length;
    case "lineBegin":
      return at === 0 || chars[at - 1] === "\n";
    case "lineEnd":
      return at === chars.length || chars[at] === "\n";
    case "word":
      return isWord(chars[at - 1]) !== isWord(chars[at]);
    case "notWord":
      return isWord(chars[at - 1]) === isWord(chars[at]);
  }
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}
