import type { FlagValues } from "../../driver/flags.ts";
import { AppError, usageError } from "../../kit/errors.ts";
import type { Connection } from "../../machine/connection.ts";
import { splitFlag } from "../argv.ts";
import type { CommandContext, CommandModule, Io } from "../command.ts";
import { verifiedConnection } from "../connect.ts";
import { detectShell } from "../detect-shell.ts";
import { programName } from "../names.ts";
import { type Shell, shellOf } from "../shells.ts";

const dockerVariables = [
  "DOCKER_TLS_VERIFY",
  "DOCKER_HOST",
  "DOCKER_CERT_PATH",
  "DOCKER_MACHINE_NAME",
] as const;

/** A variable and its new value; undefined unsets it. */
type Change = readonly [name: string, value: string | undefined];

export const run: CommandModule["run"] = async (ctx, args, flags) => {
  if (args.length > 1) throw tooManyNames();
  const unset = flags.bool("unset");
  if (unset && args.length > 0) throw usageError("--unset takes no machine", "machine env --unset");
  const shell = shellOf(flags.string("shell") || (await detectShell(ctx.io)));
  const changes = unset ? await unsetAll(ctx, flags) : await setAll(ctx, args, flags);
  const lines = changes.map(([name, value]) =>
    value === undefined ? shell.unset(name) : shell.set(name, value),
  );
  ctx.io.out([...lines, ...hint(ctx, shell), ""].join("\n"));
  return 0;
};

async function setAll(ctx: CommandContext, args: readonly string[], flags: FlagValues): Promise<Change[]> {
  const connection = await verifiedConnection(ctx, args, flags.bool("swarm"));
  if (flags.bool("context")) return selectContext(ctx, connection);
  const { envVariables } = await import("../../machine/connection.ts");
  return [...envVariables(await ctx.machines(), connection, { noProxy: flags.bool("no-proxy") })];
}

/** DOCKER_HOST would win over the context. */
async function selectContext(ctx: CommandContext, connection: Connection): Promise<Change[]> {
  const { writeContext } = await import("../docker-context.ts");
  await writeContext(ctx.io, (await ctx.machines()).store, connection);
  return [
    ["DOCKER_CONTEXT", connection.name],
    ["DOCKER_HOST", undefined],
    ["DOCKER_TLS_VERIFY", undefined],
    ["DOCKER_CERT_PATH", undefined],
    ["DOCKER_MACHINE_NAME", connection.name],
  ];
}

async function unsetAll(ctx: CommandContext, flags: FlagValues): Promise<Change[]> {
  const changes: Change[] = dockerVariables.map((name) => [name, undefined]);
  if (flags.bool("context")) changes.push(["DOCKER_CONTEXT", undefined]);
  if (flags.bool("no-proxy")) changes.push(await withoutProxyEntry(ctx));
  return changes;
}

/** Takes the address of DOCKER_HOST out of the list that `--no-proxy` had put it in. */
async function withoutProxyEntry(ctx: CommandContext): Promise<Change> {
  const { hostOf, noProxyWithout } = await import("../../machine/connection.ts");
  const [name, list] = noProxyWithout(await ctx.machines(), [hostOf(ctx.io.env["DOCKER_HOST"] ?? "")]);
  return [name, list === "" ? undefined : list];
}

/** Comments stand last: an `eval` without quotes joins the lines, and a comment hides all behind it. */
function hint({ io }: CommandContext, shell: Shell): string[] {
  const words = [programName(io), ...io.argv.slice(1)].map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`,
  );
  return ["Run this command to configure your shell: ", shell.hint(words.join(" "))].map(shell.comment);
}

/** What the shell evaluates when the command failed: a command that fails. */
export async function failureLine(io: Io, words: readonly string[]): Promise<string> {
  const at = words.findIndex((word) => /^--?shell(=|$)/.test(word));
  const named = at < 0 ? undefined : (splitFlag(words[at] ?? "").value ?? words[at + 1]);
  const name = named ?? (await detectShell(io).catch(() => "sh"));
  return `${shellOf(name).failure}\n`;
}

const tooManyNames = () =>
  new AppError("TOO_MANY_ARGUMENTS", "env takes one machine", {
    hint: "usage: machine env [OPTIONS] [NAME]",
  });
