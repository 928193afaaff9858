import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { NodeSSH } from "node-ssh";
import type { SshAddress } from "../driver/driver.ts";
import type { Clock } from "../kit/clock.ts";
import { isAppError, messageOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import type { Env } from "../kit/process.ts";
import { shellQuote } from "../kit/shell.ts";
import { waitForBanner } from "./banner.ts";
import { type Credentials, credentialsFor } from "./credentials.ts";
import {
  hostKeyChanged,
  sshAuthFailed,
  sshCommandFailed,
  sshCommandTimedOut,
  sshConnectionLost,
  sshUnreachable,
} from "./errors.ts";
import { isPinned, pinKey, pinnedKeys } from "./known-hosts.ts";
import type { SshConnection, SshConnectOptions, SshRunOptions, SshRunResult } from "./ssh.ts";

/** How long a key may be refused while a guest still puts it in its place. */
const authGraceMs = 15_000;
const handshakeMs = 60_000;
const defaultRunMs = 120_000;
/** A server that answers none of three of these is gone. */
const keepaliveMs = 10_000;

export interface NativeSshDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Env;
}

/** Opens the one connection: waits for the server's greeting, checks or pins its host key, logs in once. */
export async function connectNative(
  deps: NativeSshDeps,
  address: SshAddress,
  options: SshConnectOptions,
): Promise<SshConnection> {
  return new NativeConnection(await openClient(deps, address, options), address, options.signal);
}

/** The client of such a connection, logged in. */
export async function openClient(
  deps: NativeSshDeps,
  address: SshAddress,
  options: SshConnectOptions,
): Promise<NodeSSH> {
  const { clock, log } = deps;
  const start = clock.monotonic();
  const left = () => options.timeoutMs - (clock.monotonic() - start);
  await waitForBanner(clock, address, options);
  const { NodeSSH } = await import("node-ssh");
  const credentials = await credentialsFor(address, deps.env);
  const greetedAt = clock.monotonic();
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const client = await logIn(new NodeSSH(), address, options, credentials, Math.max(left(), 1_000));
      log.debug(`ssh ${address.user}@${address.host}:${address.port}: connected`);
      return client;
    } catch (error) {
      if (isAppError(error, "SSH_HOST_KEY_CHANGED")) throw error;
      const refused = isAuthFailure(error);
      const isOver = left() <= 0;
      if (refused && (isOver || clock.monotonic() - greetedAt > authGraceMs)) {
        throw sshAuthFailed(address, address.user, error);
      }
      if (isOver) throw sshUnreachable(address, options.timeoutMs, messageOf(error));
      log.debug(`ssh ${address.host}:${address.port}: ${messageOf(error)}; trying again`);
      await clock.delay(500, options.signal);
    }
  }
}

function isAuthFailure(error: unknown): boolean {
  return error instanceof Error && "level" in error && error.level === "client-authentication";
}

/** ssh2's word for errors of the connection itself: unanswered keepalives, a broken socket. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ("level" in error && /^client-(timeout|socket)$/.test(String(error.level))) ||
    error.message.startsWith("Not connected")
  );
}

async function logIn(
  ssh: NodeSSH,
  address: SshAddress,
  options: SshConnectOptions,
  credentials: Credentials,
  timeoutMs: number,
): Promise<NodeSSH> {
  const pinned = await pinnedKeys(options.knownHostsPath);
  let wasRefused = false;
  const onAbort = () => ssh.dispose();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await ssh.connect({
      host: address.host,
      port: address.port,
      username: address.user,
      ...credentials,
      keepaliveInterval: keepaliveMs,
      readyTimeout: Math.min(timeoutMs, handshakeMs),
      ...(pinned.length === 0
        ? {}
        : { algorithms: { serverHostKey: pinned.flatMap(({ type }) => algorithmsOf(type)) } }),
      hostVerifier: (key: Buffer, verify: (good: boolean) => void) => {
        if (pinned.length > 0) {
          wasRefused = !isPinned(pinned, key);
          verify(!wasRefused);
          return;
        }
        pinKey(options.knownHostsPath, key).then(
          () => verify(true),
          () => verify(false),
        );
      },
    });
    return ssh;
  } catch (error) {
    ssh.dispose();
    const noCommonKey = /no matching host key/i.test(messageOf(error));
    if (wasRefused || (pinned.length > 0 && noCommonKey))
      throw hostKeyChanged(address, options.knownHostsPath);
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
  }
}

type HostKeyAlgorithm =
  | "ssh-ed25519"
  | "ecdsa-sha2-nistp256"
  | "ecdsa-sha2-nistp384"
  | "ecdsa-sha2-nistp521"
  | "rsa-sha2-512"
  | "rsa-sha2-256"
  | "ssh-rsa";

/** The signature algorithms by which a server can show a key of this type. */
function algorithmsOf(type: string): HostKeyAlgorithm[] {
  switch (type) {
    case "ssh-ed25519":
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521":
      return [type];
    default:
      return ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];
  }
}

class NativeConnection implements SshConnection {
  private readonly ssh: NodeSSH;
  private readonly address: SshAddress;
  private readonly signal: AbortSignal | undefined;

  constructor(ssh: NodeSSH, address: SshAddress, signal: AbortSignal | undefined) {
    this.ssh = ssh;
    this.address = address;
    this.signal = signal;
    // errors of a connection at rest show at its next use
    ssh.connection?.on("error", () => undefined);
  }

  async run(command: string, options: SshRunOptions = {}): Promise<SshRunResult> {
    const timeoutMs = options.timeoutMs ?? defaultRunMs;
    const lines = new LineSplitter(options.onLine);
    let close: () => void = () => undefined;
    const work = this.ssh.execCommand(command, {
      noTrim: true,
      ...(options.input === undefined ? {} : { stdin: readable(options.input) }),
      onChannel: (channel) => {
        close = () => channel.close();
      },
      onStdout: (chunk) => lines.push(chunk),
    });
    const result = await this.bounded(work, timeoutMs, () => {
      close();
      return sshCommandTimedOut(command, timeoutMs);
    });
    lines.end();
    const exitCode = result.code ?? undefined;
    if (exitCode === undefined)
      throw sshCommandFailed(command, result.signal ?? "no exit code", tail(result));
    if (!(options.okCodes ?? [0]).includes(exitCode)) throw sshCommandFailed(command, exitCode, tail(result));
    return { stdout: result.stdout, stderr: result.stderr, exitCode };
  }

  async upload(
    source: { path: string } | { data: string | Uint8Array },
    target: string,
    mode = 0o600,
  ): Promise<void> {
    const path = shellQuote(target);
    const input = "path" in source ? createReadStream(source.path) : source.data;
    await this.run(`umask 077 && cat > ${path} && chmod ${mode.toString(8)} ${path}`, {
      input,
      timeoutMs: 600_000,
    });
  }

  async download(source: string, target: string): Promise<void> {
    await this.bounded(this.ssh.getFile(target, source), 600_000, () => sshCommandTimedOut(source, 600_000));
  }

  async forward(target: { socketPath: string } | { host: string; port: number }) {
    const work =
      "socketPath" in target
        ? this.ssh.forwardOutStreamLocal(target.socketPath)
        : this.ssh.forwardOut("127.0.0.1", 0, target.host, target.port);
    return this.bounded(work, 30_000, () => sshCommandTimedOut("forward", 30_000));
  }

  async close(): Promise<void> {
    this.ssh.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The work, or what comes first of: its deadline, the end of the connection, an abort. */
  private bounded<T>(work: Promise<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const client = this.ssh.connection;
      const lost = () => finish(() => reject(sshConnectionLost(this.address)));
      const onAbort = () => finish(() => reject(this.signal?.reason));
      const timer = setTimeout(() => finish(() => reject(onTimeout())), timeoutMs);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        client?.off("close", lost);
        this.signal?.removeEventListener("abort", onAbort);
        settle();
      };
      client?.once("close", lost);
      this.signal?.addEventListener("abort", onAbort, { once: true });
      if (client === null) lost();
      if (this.signal?.aborted) onAbort();
      work.then(
        (value) => finish(() => resolve(value)),
        (error) =>
          finish(() => reject(isConnectionError(error) ? sshConnectionLost(this.address, error) : error)),
      );
    });
  }
}

function readable(input: string | Uint8Array | NodeJS.ReadableStream): Readable {
  if (input instanceof Readable) return input;
  if (typeof input === "string" || input instanceof Uint8Array) return Readable.from([Buffer.from(input)]);
  return new Readable().wrap(input);
}

function tail(result: { stdout: string; stderr: string }): string {
  return `${result.stdout}${result.stderr}`.trimEnd().split("\n").slice(-20).join("\n");
}

/** Hands on whole lines of a stream of chunks. */
class LineSplitter {
  private rest = "";
  private readonly onLine: ((line: string) => void) | undefined;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.onLine = onLine;
  }

  push(chunk: Buffer): void {
    if (this.onLine === undefined) return;
    const lines = (this.rest + chunk.toString("utf8")).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.onLine(line);
  }

  end(): void {
    if (this.rest !== "") this.onLine?.(this.rest);
  }
}
