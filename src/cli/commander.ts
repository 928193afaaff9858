import type { Command } from "commander";
import { type ParsedWords, splitFlag } from "./argv.ts";
import type { CliFlag, CommandSpec } from "./command.ts";

/** A command as commander knows it: options, help and usage of one spec. */
export async function commanderOf(
  path: readonly string[],
  spec: CommandSpec,
  flags: readonly CliFlag[],
): Promise<Command> {
  const { Command, Option } = await import("commander");
  const command = new Command(path.join(" "));
  command.usage(`${flags.length > 0 ? "[OPTIONS] " : ""}${spec.usage}`.trim());
  command.description([`${spec.summary}`, ...(spec.details ?? [])].join("\n"));
  command.argument("[args...]").helpOption(false).allowExcessArguments().exitOverride();
  command.configureHelp({ showGlobalOptions: false, visibleArguments: () => [] });
  for (const flag of flags) command.addOption(optionOf(Option, flag));
  for (const sub of spec.subcommands ?? []) {
    command.command(sub.name).description(sub.summary).usage(sub.usage).helpOption(false);
  }
  if (spec.subcommands !== undefined) command.helpCommand(false);
  return command;
}

function optionOf(Option: typeof import("commander").Option, flag: CliFlag) {
  const value = flag.type === "bool" ? "" : ` <${valueName(flag)}>`;
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const option = new Option(`${short}--${flag.name}${value}`, describe(flag));
  return option.argParser((text: string, before: unknown) =>
    Array.isArray(before) ? [...before, text] : [text],
  );
}

function valueName(flag: CliFlag): string {
  if (flag.value !== undefined) return flag.value;
  return flag.type === "int" ? "N" : flag.type === "list" ? "VALUE" : "TEXT";
}

/** Summary, default, environment variable and whether it may be repeated. */
function describe(flag: CliFlag): string {
  const notes: string[] = [];
  if (flag.type === "string" && flag.choices !== undefined) notes.push(flag.choices.join(", "));
  if ((flag.type === "string" && flag.default !== "") || flag.type === "int")
    notes.push(`default ${flag.default}`);
  if (flag.type === "list") notes.push("may be repeated");
  if (flag.env !== undefined) notes.push(`$${flag.env}`);
  return notes.length === 0 ? flag.summary : `${flag.summary} (${notes.join("; ")})`;
}

/** Hands the words, brought into commander's own grammar, to commander. */
export function parseByCommander(
  command: Command,
  flags: readonly CliFlag[],
  words: ParsedWords,
): ParsedWords {
  const booleans = new Map<string, string>();
  const canonical: string[] = [];
  for (const flag of flags) {
    for (const text of words.given.get(flag.name) ?? []) {
      if (flag.type === "bool") booleans.set(flag.name, text);
      else canonical.push(`--${flag.name}=${text}`);
    }
  }
  command.parse([...canonical, "--", ...words.args], { from: "user" });
  const given = new Map<string, readonly string[]>();
  for (const option of command.options) {
    const name = splitFlag(option.long ?? "").name;
    const value: unknown = command.getOptionValue(option.attributeName());
    if (Array.isArray(value)) given.set(name, value.map(String));
  }
  for (const [name, text] of booleans) given.set(name, [text]);
  return { given, args: command.args };
}
