import type { Client, ClientChannel } from "ssh2";
import type { SshAddress } from "../driver/driver.ts";
import { sshConnectionLost } from "./errors.ts";
import { type NativeSshDeps, openClient } from "./native.ts";
import type { SshConnectOptions } from "./ssh.ts";

const connectMs = 30_000;

/** The three streams that a person or a script gave us. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: NodeJS.WritableStream;
}

/**
 * A login, or one command, with the client of this program. As with OpenSSH a login at a terminal gets one on the far
 * side; commands and scripts do not, so that their output stays as it is and stderr stays apart.
 * @param args joined by blanks, as ssh(1) does
 * @returns the far side's exit code; 255 when a signal ended it or the connection was lost on the way
 */
export async function nativeShell(
  deps: NativeSshDeps,
  address: SshAddress,
  args: readonly string[],
  options: Pick<SshConnectOptions, "knownHostsPath">,
  terminal: Terminal,
): Promise<number> {
  const ssh = await openClient(deps, address, { ...options, timeoutMs: connectMs });
  try {
    const { connection } = ssh;
    if (connection === null) throw sshConnectionLost(address);
    const isLogin = args.length === 0 && terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
    const channel = await openChannel(connection, args, isLogin ? windowOf(terminal, deps) : false);
    return await attach(channel, terminal, isLogin);
  } finally {
    ssh.dispose();
  }
}

function windowOf({ stdout }: Terminal, { env }: NativeSshDeps) {
  return { term: env["TERM"] || "xterm", cols: stdout.columns ?? 80, rows: stdout.rows ?? 24 };
}

function openChannel(
  client: Client,
  args: readonly string[],
  window: ReturnType<typeof windowOf> | false,
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: ClientChannel) =>
      error === undefined || error === null ? resolve(channel) : reject(error);
    if (args.length > 0) client.exec(args.join(" "), opened);
    else client.shell(window, opened);
  });
}

/** Joins our streams and the channel's until that is closed. */
async function attach(channel: ClientChannel, terminal: Terminal, isLogin: boolean): Promise<number> {
  const { stdin, stdout, stderr } = terminal;
  const resize = () => channel.setWindow(stdout.rows ?? 24, stdout.columns ?? 80, 0, 0);
  let exitCode = 255;
  channel.on("exit", (code: number | null) => {
    exitCode = code ?? 255;
  });
  const closed = new Promise<void>((resolve) => {
    channel.once("close", resolve);
    channel.on("error", () => channel.close());
  });
  if (isLogin) {
    stdin.setRawMode?.(true);
    stdout.on("resize", resize);
  }
  try {
    stdin.pipe(channel);
    channel.pipe(stdout, { end: false });
    channel.stderr.pipe(stderr, { end: false });
    await closed;
    return exitCode;
  } finally {
    stdin.unpipe(channel);
    stdin.pause(); // an open stdin would keep the program running
    if (isLogin) {
      stdin.setRawMode?.(false);
      stdout.off("resize", resize);
    }
  }
}
