import { usageError } from "../../kit/errors.ts";
import type { CommandModule } from "../command.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { powershellScript } from "../completion/powershell.ts";
import { zshScript } from "../completion/zsh.ts";

const scripts: Readonly<Record<string, () => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

export const run: CommandModule["run"] = async (ctx, args) => {
  const shell = args[0] ?? "";
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    throw usageError(`there is no completion for "${shell}"`, `shells: ${Object.keys(scripts).join(", ")}`);
  }
  ctx.io.out(script());
  return 0;
};
