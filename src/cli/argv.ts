import type { FlagSpec } from "../driver/flags.ts";
import { usageError } from "../kit/errors.ts";
import { nearest } from "../kit/nearest.ts";
import type { CliFlag } from "./command.ts";

/** A command line taken apart: the texts given for each flag by its long name, and the words that are no flags. */
export interface ParsedWords {
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];
}

export interface ParseOptions {
  /** Stop at the first word that is no flag; the rest are arguments, whatever they look like. */
  readonly stopAtArgument?: boolean;
  /** Called for a flag that is not known; without it such a flag is a usage error. */
  readonly onUnknown?: (word: string) => void;
}

/**
 * docker-machine's flag grammar: one or two dashes alike, `-x v` and `-x=v`, booleans `-x` and `-x=false`, `--` ends
 * the flags; here flags may stand anywhere among the arguments.
 */
export function parseWords(
  words: readonly string[],
  flags: readonly CliFlag[],
  options: ParseOptions = {},
): ParsedWords {
  const known = new Map<string, CliFlag>();
  for (const flag of flags) {
    known.set(flag.name, flag);
    if (flag.short !== undefined) known.set(flag.short, flag);
  }
  const given = new Map<string, string[]>();
  const args: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      args.push(...words.slice(at + 1));
      break;
    }
    if (!isFlag(word)) {
      if (options.stopAtArgument) {
        args.push(...words.slice(at));
        break;
      }
      args.push(word);
      continue;
    }
    const { name, value } = splitFlag(word);
    const flag = known.get(name);
    if (flag === undefined) {
      if (options.onUnknown === undefined) throw unknownFlag(word, flags);
      options.onUnknown(word);
      continue;
    }
    const text = value ?? (flag.type === "bool" ? "true" : words[++at]);
    if (text === undefined) throw usageError(`--${flag.name} needs a value`);
    const list = given.get(flag.name);
    if (list === undefined) given.set(flag.name, [text]);
    else list.push(text);
  }
  return { given, args };
}

/** A word that begins a flag; a lone dash is an argument. */
export function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

/** The name without dashes, and the text behind the first `=`. */
export function splitFlag(word: string): { name: string; value?: string } {
  const bare = word.replace(/^--?/, "");
  const equals = bare.indexOf("=");
  return equals < 0 ? { name: bare } : { name: bare.slice(0, equals), value: bare.slice(equals + 1) };
}

/** A flag that the command does not have; names one that looks alike. */
function unknownFlag(word: string, flags: readonly Pick<FlagSpec, "name">[]) {
  const { name } = splitFlag(word);
  const dashes = /^--?/.exec(word)?.[0] ?? "--";
  const near = nearest(
    name,
    flags.map((flag) => flag.name),
  );
  return usageError(
    `there is no flag ${dashes}${name}`,
    near === undefined ? undefined : `did you mean --${near}?`,
  );
}
