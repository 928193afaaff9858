import type { SshAddress } from "../driver/driver.ts";
import { runAttached } from "../kit/attached.ts";
import { isAppError } from "../kit/errors.ts";
import { hostAlias } from "./known-hosts.ts";
import type { Ssh, SshConnectOptions } from "./ssh.ts";

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

/** The system's ssh with our terminal; where there is none, one command runs in process. */
export async function systemShell(
  ssh: Pick<Ssh, "connect">,
  address: SshAddress,
  args: readonly string[],
  options: Pick<SshConnectOptions, "knownHostsPath">,
): Promise<number> {
  try {
    return await runAttached("ssh", sshArguments(address, args, options));
  } catch (error) {
    if (!isAppError(error, "PROGRAM_NOT_FOUND") || args.length === 0) throw error;
  }
  const connection = await ssh.connect(address, { ...options, timeoutMs: 30_000 });
  try {
    const anyCode = Array.from({ length: 256 }, (_, code) => code);
    const result = await connection.run(args.join(" "), { okCodes: anyCode, timeoutMs: 86_400_000 });
    process.stdout.write(result.stdout);
    process.stderr.write(result.stderr);
    return result.exitCode;
  } finally {
    await connection.close();
  }
}
