import type { CliFlag, CommandSpec } from "./command.ts";
import { commanderOf } from "./commander.ts";
import { globalFlags } from "./globals.ts";
import { groupTitles, visibleSpecs } from "./specs.ts";

/** The general help: every command in its group, then the global options. */
export async function generalHelp(): Promise<string> {
  const lines = [
    "Usage: machine [OPTIONS] COMMAND [ARGUMENTS]",
    "",
    "Makes Docker hosts and joins them into Swarm clusters.",
  ];
  for (const [group, title] of groupTitles) {
    const specs = visibleSpecs().filter((spec) => spec.group === group);
    if (specs.length === 0) continue;
    lines.push("", `${title}:`, ...columns(specs.map((spec) => [spec.name, spec.summary])));
  }
  const options = (await commanderOf(["machine"], rootSpec, globalFlags)).helpInformation();
  lines.push("", options.slice(options.indexOf("Options:")).trimEnd());
  lines.push("", "machine help COMMAND tells more about one command.");
  return `${lines.join("\n")}\n`;
}

const rootSpec: CommandSpec = {
  name: "machine",
  group: "other",
  summary: "",
  usage: "",
  flags: [],
  args: { min: 0 },
  load: () => Promise.reject(new TypeError("the program itself is no command")),
};

/** The help of one command: usage, what it does, its options and sub-commands. */
export async function commandHelp(
  path: readonly string[],
  spec: CommandSpec,
  flags: readonly CliFlag[],
): Promise<string> {
  const command = await commanderOf(["machine", ...path], spec, flags);
  return command.helpInformation();
}

function columns(rows: ReadonlyArray<readonly [string, string]>): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
