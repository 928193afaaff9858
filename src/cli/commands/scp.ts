import type { FlagValues } from "../../driver/flags.ts";
import { AppError, isAppError } from "../../kit/errors.ts";
import { shellCommand } from "../../kit/shell.ts";
import type { CommandModule } from "../command.ts";
import { parseRemotePath, type RemotePath } from "../remote-path.ts";
import { type SshHost, sshHost, withSshConfig } from "../ssh-config.ts";

/** Copies with scp, or with rsync for `--delta`; the exit code is theirs. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const ends = args.map((word) => parseRemotePath(word, ctx.io.platform));
  const machines = await ctx.machines();
  const hosts = new Map<string, SshHost>();
  for (const { machine, user } of ends) {
    if (machine === undefined) continue;
    hosts.set(alias({ machine, ...(user === undefined ? {} : { user }), path: "" }), {
      ...(await sshHost(machines, machine, user)),
      name: alias({ machine, ...(user === undefined ? {} : { user }), path: "" }),
    });
  }
  if (flags.bool("delta") && ends.every(({ machine }) => machine !== undefined)) throw deltaBetweenMachines();
  await ctx.progress.end();
  return withSshConfig([...hosts.values()], async (config) => {
    const [file, words] = command(config, ends, flags);
    try {
      const { runAttached } = await import("../../kit/attached.ts");
      return await runAttached(file, words);
    } catch (error) {
      throw isAppError(error, "PROGRAM_NOT_FOUND") ? programMissing(file) : error;
    }
  });
};

function command(
  config: string,
  ends: readonly RemotePath[],
  flags: FlagValues,
): [file: string, args: string[]] {
  const paths = ends.map(target);
  const recursive = flags.bool("recursive") ? ["-r"] : [];
  if (flags.bool("delta")) {
    const progress = flags.bool("quiet") ? [] : ["--progress"];
    return ["rsync", [...progress, "-e", shellCommand("ssh", "-F", config), ...recursive, "--", ...paths]];
  }
  const quiet = flags.bool("quiet") ? ["-q"] : [];
  return ["scp", ["-F", config, "-3", ...recursive, ...quiet, "--", ...paths]];
}

/** One alias for each user of a machine: both sides of a copy may be one machine with two users. */
function alias({ machine = "", user }: RemotePath): string {
  return user === undefined ? machine : `${machine}+${Buffer.from(user).toString("hex")}`;
}

/** A local path with a colon must not look like a machine's. */
function target(end: RemotePath): string {
  if (end.machine !== undefined) return `${alias(end)}:${end.path}`;
  return end.path.includes(":") && !/^[.]?[\\/]/.test(end.path) ? `./${end.path}` : end.path;
}

const deltaBetweenMachines = () =>
  new AppError("NOT_SUPPORTED", "rsync cannot copy from one machine to another", {
    hint: "leave out --delta, or copy over this computer",
  });

const programMissing = (program: string) =>
  new AppError("PROGRAM_NOT_FOUND", `the program "${program}" is needed for this and was not found`, {
    hint: program === "scp" ? "install the OpenSSH client" : `install ${program}`,
  });
