import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { FlagValues } from "../driver/flags.ts";
import { AppError } from "../kit/errors.ts";
import type { CliFlag, GlobalOptions, Io } from "./command.ts";
import { parseBool } from "./flag-values.ts";

/** The flags that stand before a command; most may stand behind it as well. */
export const globalFlags: readonly CliFlag[] = [
  {
    name: "debug",
    short: "D",
    type: "bool",
    summary: "tell on stderr what is done and which programs run",
    env: "MACHINE_DEBUG",
  },
  {
    name: "storage-path",
    short: "s",
    type: "string",
    default: "",
    value: "DIR",
    summary: "root of the store (~/.docker/machine)",
    env: "MACHINE_STORAGE_PATH",
  },
  {
    name: "tls-ca-cert",
    type: "string",
    default: "",
    value: "FILE",
    summary: "CA certificate that create uses",
    env: "MACHINE_TLS_CA_CERT",
  },
  {
    name: "tls-ca-key",
    type: "string",
    default: "",
    value: "FILE",
    summary: "key of that CA",
    env: "MACHINE_TLS_CA_KEY",
  },
  {
    name: "tls-client-cert",
    type: "string",
    default: "",
    value: "FILE",
    summary: "client certificate that create uses",
    env: "MACHINE_TLS_CLIENT_CERT",
  },
  {
    name: "tls-client-key",
    type: "string",
    default: "",
    value: "FILE",
    summary: "key of that client certificate",
    env: "MACHINE_TLS_CLIENT_KEY",
  },
  {
    name: "github-api-token",
    type: "string",
    default: "",
    value: "TOKEN",
    summary: "token for looking up releases",
    env: "MACHINE_GITHUB_API_TOKEN",
  },
  {
    name: "native-ssh",
    type: "bool",
    summary: "use the built-in SSH client for ssh",
    env: "MACHINE_NATIVE_SSH",
  },
  {
    name: "bugsnag-api-token",
    type: "string",
    default: "",
    value: "TOKEN",
    summary: "accepted and ignored: nothing is ever reported",
    env: "MACHINE_BUGSNAG_API_TOKEN",
  },
  { name: "help", short: "h", type: "bool", summary: "show this help" },
  { name: "version", short: "v", type: "bool", summary: "show the version" },
];

/** MACHINE_DEBUG must be a boolean text where it is set. */
export function checkDebugVariable(io: Io): void {
  const text = io.env["MACHINE_DEBUG"] ?? "";
  if (text !== "" && parseBool(text) === undefined) {
    throw new AppError("BAD_VARIABLE", `MACHINE_DEBUG is "${text}", which is neither true nor false`);
  }
}

/** The global options as commands use them. */
export function globalOptions(io: Io, flags: FlagValues, debug: boolean): GlobalOptions {
  const file = (name: string) => {
    const text = flags.string(name);
    return text === "" ? "" : resolve(io.cwd, text);
  };
  const root = flags.string("storage-path");
  return {
    debug,
    storageRoot: root === "" ? join(homeOf(io), ".docker", "machine") : resolve(io.cwd, root),
    tlsCaCert: file("tls-ca-cert"),
    tlsCaKey: file("tls-ca-key"),
    tlsClientCert: file("tls-client-cert"),
    tlsClientKey: file("tls-client-key"),
    githubApiToken: flags.string("github-api-token"),
    nativeSsh: flags.bool("native-ssh"),
  };
}

/** The user's home as docker-machine takes it: HOME, on Windows USERPROFILE. */
export function homeOf(io: Pick<Io, "env" | "platform">): string {
  return io.env[io.platform === "win32" ? "USERPROFILE" : "HOME"] || homedir();
}
