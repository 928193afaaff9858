import { AppError } from "../../kit/errors.ts";

/** One flag as data; help and parsing come from it. */
export interface FlagSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly kind: "bool" | "text" | "list";
  /** Environment variable; a list's is comma separated. */
  readonly env?: string;
  /** Used where neither command line nor environment say anything. */
  readonly fallback?: string | readonly string[];
  readonly help: string;
}

/** Values of flags by name; asking for a flag that is not in the list is a mistake of ours and throws. */
export interface Flags {
  text(name: string): string;
  bool(name: string): boolean;
  list(name: string): readonly string[];
  /** Whether command line or environment gave it. */
  isGiven(name: string): boolean;
}

export interface ParsedArgs {
  readonly flags: Flags;
  readonly positionals: readonly string[];
  readonly isHelp: boolean;
}

export const incorrectUsage = (message: string) => new AppError("INCORRECT_USAGE", message, { exitCode: 2 });

const trueWords = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const falseWords = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/**
 * Reads arguments by the grammar of Go's `flag` package: one dash or two, `-name=value` or `-name value`, booleans only with `=`.
 * Other than there, flags may also stand behind the positional argument (unless `stopAtPositional`); `--` ends them.
 * @throws INCORRECT_USAGE. Source: Go's documentation of package flag, "Command line flag syntax".
 */
export function parseArgs(
  args: readonly string[],
  specs: readonly FlagSpec[],
  env: Readonly<Record<string, string | undefined>>,
  stopAtPositional = false,
): ParsedArgs & { readonly rest: readonly string[] } {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let isHelp = false;
  let index = 0;
  for (; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      positionals.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      if (stopAtPositional)
        return { flags: flagsOf(specs, given, env), positionals, isHelp, rest: args.slice(index) };
      positionals.push(arg);
      continue;
    }
    const [, name = "", , value] = /^--?([^-=][^=]*)(=([\s\S]*))?$/.exec(arg) ?? [];
    if (name === "") throw incorrectUsage(`bad flag syntax: ${arg}`);
    if (name === "help" || name === "h") {
      isHelp = true;
      continue;
    }
    const spec = specs.find((one) => one.name === name || one.aliases?.includes(name));
    if (spec === undefined) throw incorrectUsage(`flag provided but not defined: -${name}`);
    let text = value;
    if (spec.kind === "bool") {
      text ??= "true";
      if (!trueWords.has(text) && !falseWords.has(text)) {
        throw incorrectUsage(`invalid boolean value "${text}" for -${name}`);
      }
    } else if (text === undefined) {
      index += 1;
      text = args[index];
      if (text === undefined) throw incorrectUsage(`flag needs an argument: -${name}`);
    }
    const before = spec.kind === "list" ? (given.get(spec.name) ?? []) : [];
    given.set(spec.name, [...before, text]);
  }
  return { flags: flagsOf(specs, given, env), positionals, isHelp, rest: [] };
}

function flagsOf(
  specs: readonly FlagSpec[],
  given: ReadonlyMap<string, readonly string[]>,
  env: Readonly<Record<string, string | undefined>>,
): Flags {
  const fromEnv = (spec: FlagSpec): readonly string[] | undefined => {
    const text = spec.env === undefined ? undefined : env[spec.env];
    if (text === undefined || text === "") return undefined;
    if (spec.kind === "bool") return trueWords.has(text) || falseWords.has(text) ? [text] : undefined;
    return spec.kind === "list" ? text.split(",").map((part) => part.trim()) : [text];
  };
  const find = (name: string): FlagSpec => {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) throw new TypeError(`no flag is named ${name}`);
    return spec;
  };
  const values = (name: string): readonly string[] => {
    const spec = find(name);
    const fallback = typeof spec.fallback === "string" ? [spec.fallback] : (spec.fallback ?? []);
    return given.get(name) ?? fromEnv(spec) ?? fallback;
  };
  return {
    text: (name) => values(name)[0] ?? "",
    bool: (name) => trueWords.has(values(name)[0] ?? ""),
    list: values,
    isGiven: (name) => given.has(name) || fromEnv(find(name)) !== undefined,
  };
}
