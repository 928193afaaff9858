import type { CommandSpec } from "../../src/cli/command.ts";
import { sharedCreateFlags } from "../../src/cli/create-flags.ts";
import { commandHelp, generalHelp } from "../../src/cli/help.ts";
import { visibleSpecs } from "../../src/cli/specs.ts";

/** The text of docs/commands.md: the help of every command. */
export async function commandsDocument(): Promise<string> {
  const all = (await Promise.all(visibleSpecs().map((spec) => sections([], spec)))).flat();
  return `# Commands\n\n\`\`\`\n${(await generalHelp()).trimEnd()}\n\`\`\`\n\n${all.join("\n")}`;
}

async function sections(path: readonly string[], spec: CommandSpec): Promise<string[]> {
  const here = [...path, spec.name];
  const flags = spec.extraFlags === undefined ? spec.flags : [...spec.flags, ...sharedCreateFlags];
  const help = (await commandHelp(here, spec, flags)).trimEnd();
  const inner = await Promise.all((spec.subcommands ?? []).map((sub) => sections(here, sub)));
  return [`## machine ${here.join(" ")}\n\n\`\`\`\n${help}\n\`\`\`\n`, ...inner.flat()];
}
