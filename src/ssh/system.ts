import type { SshAddress } from "../driver/driver.ts";
import { runAttached } from "../kit/attached.ts";
import { isAppError } from "../kit/errors.ts";
import { hostAlias } from "./known-hosts.ts";
import type { NativeSshDeps } from "./native.ts";
import type { SshConnectOptions, SshShellOptions } from "./ssh.ts";

/** Arguments of the system's ssh for a machine; host keys are those that were pinned. Source: ssh(1), ssh_config(5). */
export function sshArguments(
  address: SshAddress,
  args: readonly string[],
  options: Pick<SshConnectOptions, "knownHostsPath">,
): string[] {
  const settings = [
    "ConnectionAttempts=3",
    "ConnectTimeout=10",
    "ControlMaster=no",
    "ControlPath=none",
    "LogLevel=ERROR",
    "PasswordAuthentication=no",
    "ServerAliveInterval=60",
    "StrictHostKeyChecking=accept-new",
    `UserKnownHostsFile="${options.knownHostsPath.replaceAll("%", "%%")}"`,
    `HostKeyAlias=${hostAlias}`,
  ];
  const key = address.keyPath === "" ? [] : ["-o", "IdentitiesOnly=yes", "-i", address.keyPath];
  return [
    "-F",
    "/dev/null",
    ...settings.flatMap((setting) => ["-o", setting]),
    ...key,
    "-p",
    String(address.port),
    `${address.user}@${address.host}`,
    ...args,
  ];
}

/** The system's ssh with our terminal; the client of this program where there is none, or where it is asked for. */
export async function systemShell(
  deps: NativeSshDeps,
  address: SshAddress,
  args: readonly string[],
  options: SshShellOptions,
): Promise<number> {
  if (options.native !== true) {
    try {
      return await runAttached("ssh", sshArguments(address, args, options));
    } catch (error) {
      if (!isAppError(error, "PROGRAM_NOT_FOUND")) throw error;
    }
  }
  const { nativeShell } = await import("./native-shell.ts");
  return nativeShell(deps, address, args, options, process);
}
