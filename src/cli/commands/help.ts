import { AppError } from "../../kit/errors.ts";
import { nearest } from "../../kit/nearest.ts";
import type { CommandModule, CommandSpec } from "../command.ts";
import { commandHelp, generalHelp } from "../help.ts";
import { findSpec, visibleSpecs } from "../specs.ts";

export const run: CommandModule["run"] = async (ctx, args) => {
  if (args.length === 0) {
    ctx.io.out(await generalHelp());
    return 0;
  }
  let specs: readonly CommandSpec[] = visibleSpecs();
  let spec: CommandSpec | undefined;
  for (const word of args) {
    spec = findSpec(word, specs);
    if (spec === undefined) throw noSuchCommand(word, specs);
    specs = spec.subcommands ?? [];
  }
  if (spec === undefined) return 0;
  const more = spec.extraFlags === undefined ? [] : await spec.extraFlags(ctx, []);
  ctx.io.out(await commandHelp(args, spec, [...spec.flags, ...more]));
  return 0;
};

function noSuchCommand(word: string, specs: readonly CommandSpec[]): AppError {
  const near = nearest(
    word,
    specs.map((spec) => spec.name),
  );
  return new AppError("UNKNOWN_COMMAND", `there is no command "${word}"`, {
    hint: near === undefined ? "machine help shows the commands there are" : `did you mean "${near}"?`,
  });
}
