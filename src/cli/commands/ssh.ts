import type { CommandModule } from "../command.ts";
import { machineName } from "../names.ts";
import { sshHost } from "../ssh-config.ts";

/** Logs in, or runs a command there; the exit code is the far side's. */
export const run: CommandModule["run"] = async (ctx, args) => {
  const machines = await ctx.machines();
  const name = await machineName(machines.store, args);
  const host = await sshHost(machines, name);
  await ctx.progress.end();
  const words = args.slice(1);
  return machines.ssh.shell(host.address, words[0] === "--" ? words.slice(1) : words, {
    knownHostsPath: host.knownHostsPath,
    native: ctx.options.nativeSsh,
  });
};
