import { isFlag, splitFlag } from "../argv.ts";
import type { CliFlag, CommandContext, CommandSpec } from "../command.ts";
import { namedDriver } from "../create-flags.ts";
import { globalFlags } from "../globals.ts";
import { findSpec, visibleSpecs } from "../specs.ts";

/** The shells that `completion` and `env --shell` know. */
const shellNames = ["bash", "fish", "powershell", "zsh"];
const envShells = ["bash", "cmd", "emacs", "fish", "powershell", "sh", "tcsh", "zsh"];

/** Tells the script to complete file names. */
const files = ":files";

/**
 * What may stand in the place of the last word.
 * @param words behind the program's name; the last one is what was typed so far, perhaps ""
 */
export async function candidates(ctx: CommandContext, words: readonly string[]): Promise<string[]> {
  const current = words.at(-1)?.replace(/^""$/, "") ?? "";
  const found = await possible(ctx, words.slice(0, -1), current);
  if (found[0] === files) return [files];
  return [...new Set(found)].filter((one) => one.startsWith(current)).sort();
}

async function possible(
  ctx: CommandContext,
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const global = skipGlobals(before);
  if (global.open !== undefined) return valuesOf(ctx, global.open, undefined);
  const [name, ...rest] = global.words;
  if (name === undefined) {
    return isFlag(current) ? flagWords(globalFlags) : visibleSpecs().map((spec) => spec.name);
  }
  let spec = findSpec(name);
  if (spec === undefined) return [];
  let words: readonly string[] = rest;
  while (spec.subcommands !== undefined) {
    const subs: readonly CommandSpec[] = spec.subcommands;
    const next = words.find((word) => !isFlag(word));
    if (next === undefined) return isFlag(current) ? ["--help"] : subs.map((sub) => sub.name);
    spec = findSpec(next, subs);
    if (spec === undefined) return [];
    words = words.slice(words.indexOf(next) + 1);
  }
  return insideCommand(ctx, spec, words, current);
}

async function insideCommand(
  ctx: CommandContext,
  spec: CommandSpec,
  words: readonly string[],
  current: string,
): Promise<readonly string[]> {
  if (spec.passThrough && words.length > 0) return [files];
  const flags = await flagsOf(ctx, spec, words);
  const last = words.at(-1) ?? "";
  const open = isFlag(last) ? flags.find((flag) => isNamed(flag, last)) : undefined;
  if (open !== undefined && open.type !== "bool" && splitFlag(last).value === undefined) {
    return valuesOf(ctx, open, spec);
  }
  if (isFlag(current)) return [...flagWords(flags), "--help", "--debug"];
  return argumentsOf(ctx, spec, words);
}

async function flagsOf(ctx: CommandContext, spec: CommandSpec, words: readonly string[]) {
  if (spec.extraFlags === undefined) return spec.flags;
  // the driver is looked for only when it is named: a completion must be quick and ask nothing
  const named = namedDriver(words) !== undefined;
  const more = await spec.extraFlags(ctx, named ? words : []).catch(() => spec.extraFlags?.(ctx, []) ?? []);
  return [...spec.flags, ...more];
}

async function valuesOf(
  ctx: CommandContext,
  flag: CliFlag,
  spec: CommandSpec | undefined,
): Promise<readonly string[]> {
  if (flag.name === "driver") return ctx.driverNames();
  if (flag.name === "shell" && spec?.name === "env") return envShells;
  if (flag.type === "string" && flag.choices !== undefined) return flag.choices;
  return flag.name === "filter" ? ["driver=", "label=", "name=", "state=", "swarm="] : [files];
}

async function argumentsOf(
  ctx: CommandContext,
  spec: CommandSpec,
  words: readonly string[],
): Promise<readonly string[]> {
  const given = words.filter((word) => !isFlag(word));
  if (spec.args.max !== undefined && given.length >= spec.args.max) return [];
  switch (spec.completes ?? "nothing") {
    case "machines":
      return (await machineNames(ctx)).filter((name) => !given.includes(name));
    case "commands":
      return visibleSpecs().map(({ name }) => name);
    case "shells":
      return shellNames;
    case "files":
      return [files];
    case "nothing":
      return [];
  }
}

async function machineNames(ctx: CommandContext): Promise<string[]> {
  return (await ctx.machines()).store.names();
}

/** Steps over options before the command; `open` is one that still waits for its value. */
function skipGlobals(words: readonly string[]): { words: readonly string[]; open?: CliFlag } {
  let at = 0;
  while (at < words.length && isFlag(words[at] ?? "")) {
    const word = words[at] ?? "";
    const flag = globalFlags.find((one) => isNamed(one, word));
    const takesNext = flag !== undefined && flag.type !== "bool" && splitFlag(word).value === undefined;
    if (flag !== undefined && takesNext && at + 1 >= words.length) return { words: [], open: flag };
    at += takesNext ? 2 : 1;
  }
  return { words: words.slice(at) };
}

function isNamed(flag: CliFlag, word: string): boolean {
  const { name } = splitFlag(word);
  return flag.name === name || flag.short === name;
}

function flagWords(flags: readonly CliFlag[]): string[] {
  return flags.map(({ name }) => `--${name}`);
}
