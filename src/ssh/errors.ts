import { AppError } from "../kit/errors.ts";

interface Target {
  readonly host: string;
  readonly port: number;
}

const where = ({ host, port }: Target) => `${host}:${port}`;

export const sshUnreachable = (target: Target, timeoutMs: number, last: string) =>
  new AppError(
    "SSH_UNREACHABLE",
    `no SSH server answered at ${where(target)} within ${Math.round(timeoutMs / 1000)} s${last === "" ? "" : `: ${last}`}`,
    { hint: "the machine may still be booting; MACHINE_TIMEOUT_SSH sets another limit in seconds" },
  );

export const sshAuthFailed = (target: Target, user: string, cause: unknown) =>
  new AppError("SSH_AUTH_FAILED", `the SSH server at ${where(target)} does not accept the key of "${user}"`, {
    cause,
  });

export const hostKeyChanged = (target: Target, knownHostsPath: string) =>
  new AppError(
    "SSH_HOST_KEY_CHANGED",
    `the host key of ${where(target)} is not the one that was pinned at first contact: another host answers there, or its system was made anew`,
    { hint: `if you know why it changed, delete ${knownHostsPath} and try again` },
  );

export const sshKeyUnreadable = (path: string, cause: unknown) =>
  new AppError("SSH_KEY_UNREADABLE", `the SSH key ${path} cannot be read`, { cause });

export const sshCommandFailed = (command: string, exitCode: number | string, output: string) =>
  new AppError(
    "SSH_COMMAND_FAILED",
    `a command on the machine failed (${exitCode}): ${firstLine(command)}${output === "" ? "" : `\n${output}`}`,
  );

export const sshCommandTimedOut = (command: string, timeoutMs: number) =>
  new AppError(
    "SSH_COMMAND_TIMEOUT",
    `a command on the machine did not end within ${Math.round(timeoutMs / 1000)} s: ${firstLine(command)}`,
  );

export const sshConnectionLost = (target: Target, cause?: unknown) =>
  new AppError("SSH_CONNECTION_LOST", `the SSH connection to ${where(target)} was lost`, { cause });

function firstLine(text: string): string {
  const line = text.trimStart().split("\n")[0] ?? "";
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}
