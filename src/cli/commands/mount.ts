import { runAttached } from "../../kit/attached.ts";
import { AppError, isAppError } from "../../kit/errors.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { parseRemotePath } from "../remote-path.ts";
import { sshHost, withSshConfig } from "../ssh-config.ts";

/** Mounts a machine's directory with sshfs, or unmounts it; without a mount point the remote path is one here too. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const [word = "", mountPoint] = args;
  const remote = parseRemotePath(word.includes(":") ? word : `default:${word}`, ctx.io.platform);
  const point = mountPoint ?? remote.path;
  if (flags.bool("unmount")) return unmount(ctx, point);
  const host = await sshHost(await ctx.machines(), remote.machine ?? "default", remote.user);
  await ctx.progress.end();
  return withSshConfig([host], (config) =>
    attached("sshfs", ["-F", config, `${host.name}:${remote.path}`, point], "install sshfs"),
  );
};

function unmount({ io }: CommandContext, point: string): Promise<number> {
  if (io.platform === "linux") return attached("fusermount", ["-u", point], "install fuse");
  return attached("umount", [point], "");
}

async function attached(file: string, args: readonly string[], hint: string): Promise<number> {
  try {
    return await runAttached(file, args);
  } catch (error) {
    if (!isAppError(error, "PROGRAM_NOT_FOUND")) throw error;
    const message = `the program "${file}" is needed for this and was not found`;
    throw new AppError("PROGRAM_NOT_FOUND", message, hint === "" ? {} : { hint });
  }
}
