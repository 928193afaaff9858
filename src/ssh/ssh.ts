import type { SshAddress } from "../driver/driver.ts";

export interface SshRunOptions {
  /** Goes to the command's stdin; secrets travel here, never in the command. */
  input?: string | Uint8Array | NodeJS.ReadableStream;
  /** Default 120 000. */
  timeoutMs?: number;
  /** Exit codes that are an answer; default [0]. */
  okCodes?: readonly number[];
  onLine?: (line: string) => void;
}

export interface SshRunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** One authenticated connection to a machine; `close` ends it. */
export interface SshConnection extends AsyncDisposable {
  run(command: string, options?: SshRunOptions): Promise<SshRunResult>;
  /** A file from a local path or bytes; `mode` exactly. */
  upload(
    source: { path: string } | { data: string | Uint8Array },
    target: string,
    mode?: number,
  ): Promise<void>;
  download(source: string, target: string): Promise<void>;
  /** A byte stream to a unix socket or TCP port on the far side ("/var/run/docker.sock"). */
  forward(
    target: { socketPath: string } | { host: string; port: number },
  ): Promise<import("node:stream").Duplex>;
  close(): Promise<void>;
}

export interface SshConnectOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** File of the pinned host keys; first contact writes it, later ones must match. */
  knownHostsPath: string;
}

export interface SshShellOptions extends Pick<SshConnectOptions, "knownHostsPath"> {
  /** The client of this program, also where the system has an `ssh`. */
  native?: boolean;
}

/**
 * Opens connections. Host keys are pinned on first contact and checked ever after.
 * Errors: SSH_UNREACHABLE (deadline), SSH_AUTH_FAILED, SSH_HOST_KEY_CHANGED (never retried).
 */
export interface Ssh {
  connect(address: SshAddress, options: SshConnectOptions): Promise<SshConnection>;
  /** The system's `ssh` for a person: stdio inherited, exit code given back. */
  shell(address: SshAddress, args: readonly string[], options: SshShellOptions): Promise<number>;
}
