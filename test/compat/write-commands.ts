// Writes docs/commands.md from the commands' own help: npx tsx test/compat/write-commands.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandSpec } from "../../src/cli/command.ts";
import { sharedCreateFlags } from "../../src/cli/create-flags.ts";
import { commandHelp, generalHelp } from "../../src/cli/help.ts";
import { visibleSpecs } from "../../src/cli/specs.ts";

async function sections(path: readonly string[], spec: CommandSpec): Promise<string[]> {
  const here = [...path, spec.name];
  const flags = spec.extraFlags === undefined ? spec.flags : [...spec.flags, ...sharedCreateFlags];
  const help = (await commandHelp(here, spec, flags)).trimEnd();
  const inner = await Promise.all((spec.subcommands ?? []).map((sub) => sections(here, sub)));
  return [`## machine ${here.join(" ")}\n\n\`\`\`\n${help}\n\`\`\`\n`, ...inner.flat()];
}

const all = (await Promise.all(visibleSpecs().map((spec) => sections([], spec)))).flat();
const text = `# Commands\n\n\`\`\`\n${(await generalHelp()).trimEnd()}\n\`\`\`\n\n${all.join("\n")}`;
writeFileSync(join(import.meta.dirname, "../../docs/commands.md"), text);
