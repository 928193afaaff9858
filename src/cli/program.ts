import type { FlagValues } from "../driver/flags.ts";
import { AppError } from "../kit/errors.ts";
import { nearest } from "../kit/nearest.ts";
import { isFlag, type ParsedWords, parseWords, splitFlag } from "./argv.ts";
import type { CliFlag, CommandContext, CommandSpec, GlobalOptions, Io } from "./command.ts";
import { flagValues } from "./flag-values.ts";
import { checkDebugVariable, globalFlags, globalOptions } from "./globals.ts";
import { OutputError } from "./real-io.ts";
import { type ReportOptions, reportError } from "./report-error.ts";
import { findSpec, visibleSpecs } from "./specs.ts";

/** Makes the context of a command; the composition root supplies it, tests supply their own. */
export type MakeContext = (
  io: Io,
  options: GlobalOptions,
  asked: { json: boolean; signal: AbortSignal },
) => CommandContext | Promise<CommandContext>;

/** What the program is made of. */
export interface Program {
  readonly io: Io;
  /** One line: what `--version` prints. */
  readonly version: string;
  readonly makeContext: MakeContext;
  readonly signal: AbortSignal;
}

/** Runs one command line to its end. Never rejects; gives the exit code. */
export async function runProgram(program: Program): Promise<number> {
  const { io } = program;
  const words = io.argv.slice(1);
  let debug = false;
  const known: Known = { json: false };
  try {
    checkDebugVariable(io);
    const before = parseWords(words, globalFlags, { stopAtArgument: true });
    debug = isDebug(io, words, before);
    return await runParsed(program, before, debug, known);
  } catch (error) {
    if (program.signal.aborted) return await reportInterruption(io, program.signal.reason, error, debug);
    return await reportFailure(io, error, { debug, ...known });
  }
}

/** What the command line has told by the time that something fails. */
interface Known {
  json: boolean;
  storeRoot?: string;
}

async function runParsed(program: Program, before: ParsedWords, debug: boolean, known: Known) {
  const { io } = program;
  const early = flagValues(globalFlags, before.given, io.env);
  if (early.bool("version")) return print(io, `${program.version}\n`);
  const [name, ...rest] = before.args;
  if (name === undefined) return print(io, await (await import("./help.ts")).generalHelp());
  const { spec, path, words } = findCommand(name, rest);
  const behind = spec.passThrough ? passThrough(rest, spec.hidden === true) : splitGlobals(words, spec);
  const run = () => runFound(program, { before, debug, known, spec, path, behind });
  if (spec.failureOutput === undefined) return await run();
  try {
    return await run();
  } catch (error) {
    if (!io.isTerminal("stdout")) io.out(await spec.failureOutput(io, behind.words));
    throw error;
  }
}

async function runFound(program: Program, found: Found): Promise<number> {
  const { io } = program;
  const { before, debug, known, spec, path, behind } = found;
  const given = new Map([...before.given, ...behind.globals]);
  const globals = flagValues(globalFlags, given, io.env);
  const options = globalOptions(io, globals, debug);
  known.storeRoot = options.storageRoot;
  const asksJson = spec.reports === true && behind.words.some((word) => /^--?json(=true)?$/.test(word));
  known.json = asksJson;
  const ctx = await program.makeContext(io, options, { json: asksJson, signal: program.signal });
  const flags = await flagsOf(ctx, spec, behind.words);
  if (globals.bool("help") || (spec.subcommands !== undefined && behind.words.length === 0)) {
    return print(io, await (await import("./help.ts")).commandHelp(path, spec, flags));
  }
  if (spec.passThrough) return await spec.load().then(({ run }) => run(ctx, behind.words, noFlags));
  return await runCommand(ctx, { spec, path, flags, words: behind.words });
}

interface Found {
  readonly before: ParsedWords;
  readonly debug: boolean;
  readonly known: Known;
  readonly spec: CommandSpec;
  readonly path: readonly string[];
  readonly behind: { readonly globals: ParsedWords["given"]; readonly words: readonly string[] };
}

interface Named {
  readonly spec: CommandSpec;
  readonly path: readonly string[];
  readonly flags: readonly CliFlag[];
  readonly words: readonly string[];
}

async function runCommand(ctx: CommandContext, { spec, path, flags, words }: Named): Promise<number> {
  const parsed = parseWords(words, flags);
  // with no words there is nothing to parse, and commander need not be loaded
  const { given, args } = words.length === 0 ? parsed : await byCommander(path, spec, flags, parsed);
  const values = flagValues(flags, given, ctx.io.env);
  checkCount(spec, path, args);
  const { run } = await spec.load();
  try {
    return await run(ctx, args, values);
  } finally {
    await ctx.progress.end();
  }
}

async function byCommander(
  path: readonly string[],
  spec: CommandSpec,
  flags: readonly CliFlag[],
  parsed: ParsedWords,
): Promise<ParsedWords> {
  const { commanderOf, parseByCommander } = await import("./commander.ts");
  return parseByCommander(await commanderOf(["machine", ...path], spec, flags), flags, parsed);
}

async function flagsOf(ctx: CommandContext, spec: CommandSpec, words: readonly string[]) {
  const more = spec.extraFlags === undefined ? [] : await spec.extraFlags(ctx, words);
  return [...spec.flags, ...more, ...(spec.reports ? [jsonFlag] : [])];
}

const jsonFlag: CliFlag = {
  name: "json",
  type: "bool",
  summary: "print what happens as JSON, one event a line, on stdout",
};

const noFlags: FlagValues = flagValues([], new Map(), {});

function findCommand(name: string, rest: readonly string[]) {
  let spec = findSpec(name);
  if (spec === undefined) throw unknownCommand(["machine"], name, visibleSpecs());
  const path = [spec.name];
  let words = rest;
  while (spec.subcommands !== undefined) {
    const at = words.findIndex((word) => !isFlag(word));
    const next = at < 0 ? undefined : words[at];
    if (next === undefined) break;
    const sub = findSpec(next, spec.subcommands);
    if (sub === undefined) throw unknownCommand(["machine", ...path], next, spec.subcommands);
    words = [...words.slice(0, at), ...words.slice(at + 1)];
    path.push(sub.name);
    spec = sub;
  }
  return { spec, path, words };
}

function unknownCommand(path: readonly string[], word: string, specs: readonly CommandSpec[]): AppError {
  const near = nearest(
    word,
    specs.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])]),
  );
  const guess = near === undefined ? "" : `did you mean "${near}"? `;
  return new AppError("UNKNOWN_COMMAND", `${path.join(" ")} has no command "${word}"`, {
    hint: `${guess}${path.join(" ")} --help shows the commands there are`,
  });
}

/** Global flags may stand behind the command too, where the command has no flag of the name. */
function splitGlobals(words: readonly string[], spec: CommandSpec) {
  const own = new Set(spec.flags.flatMap((flag) => (flag.short ? [flag.name, flag.short] : [flag.name])));
  const globals = globalFlags.filter(({ name }) => name !== "version" && !own.has(name));
  const byWord = new Map(globals.flatMap((flag) => [flag.name, flag.short].map((word) => [word, flag])));
  const kept: string[] = [];
  const found: string[] = [];
  const end = words.indexOf("--");
  const limit = end < 0 ? words.length : end;
  for (let at = 0; at < limit; at += 1) {
    const word = words[at] ?? "";
    const { name, value } = splitFlag(word);
    const flag = isFlag(word) && !own.has(name) ? byWord.get(name) : undefined;
    const short = flag !== undefined && name === flag.short;
    // -s and -v belong to whoever stands there; only long names, -h and -D are global behind the command
    if (flag === undefined || (short && flag.type !== "bool")) {
      kept.push(word);
      const mine = spec.flags.find((one) => one.name === name || one.short === name);
      if (
        isFlag(word) &&
        mine !== undefined &&
        mine.type !== "bool" &&
        value === undefined &&
        at + 1 < limit
      ) {
        kept.push(words[++at] ?? "");
      }
      continue;
    }
    found.push(word);
    if (flag.type !== "bool" && value === undefined && at + 1 < words.length) found.push(words[++at] ?? "");
  }
  const globalsGiven = parseWords(found, globals).given;
  return { globals: globalsGiven, words: [...kept, ...words.slice(limit)] };
}

/** `ssh`: only a first -h or --help is ours. */
function passThrough(words: readonly string[], isInternal: boolean) {
  const help = !isInternal && /^--?h(elp)?$/.test(words[0] ?? "");
  const globals: ReadonlyMap<string, readonly string[]> = new Map(help ? [["help", ["true"]]] : []);
  return { globals, words: [...words] };
}

/** `-D`, `--debug` and `-debug` count wherever they stand, but not among the words for another host. */
function isDebug(io: Io, words: readonly string[], before: ParsedWords): boolean {
  if (flagValues(globalFlags, before.given, io.env).bool("debug")) return true;
  if (before.args[0] === "ssh") return false;
  return words.some((word) => /^(-D|--?debug)$/.test(word));
}

function checkCount(spec: CommandSpec, path: readonly string[], args: readonly string[]): void {
  const { min, max } = spec.args;
  const command = `machine ${path.join(" ")}`;
  const hint = `usage: ${command} ${spec.usage}`.trim();
  if (args.length < min) {
    const what = min === 1 ? "an argument" : `${min} arguments`;
    throw new AppError("TOO_FEW_ARGUMENTS", `${command} needs ${what}`, { hint });
  }
  if (max !== undefined && args.length > max) {
    const extra = args.slice(max).join(" ");
    throw new AppError("TOO_MANY_ARGUMENTS", `too many arguments for ${command}: ${extra}`, { hint });
  }
}

function print(io: Io, text: string): number {
  io.out(text);
  return 0;
}

async function reportInterruption(io: Io, reason: unknown, error: unknown, debug: boolean): Promise<number> {
  const known = reason instanceof AppError ? reason : undefined;
  if (debug) await reportError(io, error, { debug, json: false });
  io.err(`${known?.message ?? "interrupted"}\n`);
  return known?.exitCode ?? 130;
}

async function reportFailure(io: Io, error: unknown, options: ReportOptions): Promise<number> {
  try {
    if (error instanceof OutputError) {
      if (!error.brokenPipe) io.err(`${error.message}\n`);
      return 1;
    }
    return await reportError(io, error, options);
  } catch {
    return 1; // the output itself is broken
  }
}
