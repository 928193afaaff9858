import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshAddress } from "../driver/driver.ts";
import { AppError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { withMachine } from "../machine/machine.ts";
import { hostAlias } from "../ssh/known-hosts.ts";

/** One machine as ssh_config(5) describes it; its alias is the machine's name. */
export interface SshHost {
  readonly name: string;
  readonly address: SshAddress;
  readonly knownHostsPath: string;
}

/**
 * Where to reach a running machine by SSH.
 * @throws HOST_NOT_RUNNING, NOT_SUPPORTED when there is no host behind it
 */
export async function sshHost(machines: MachineContext, name: string, user?: string): Promise<SshHost> {
  const record = await machines.store.get(name);
  return withMachine(machines, record, async ({ driver, module }) => {
    if (!module.features.hasHost) throw noHost(name);
    const state = await driver.state();
    if (state !== "Running" && state !== "") throw notRunning(name, state);
    const address = await driver.sshAddress();
    const knownHostsPath = machines.store.knownHostsPath(name);
    return { name, address: user === undefined ? address : { ...address, user }, knownHostsPath };
  });
}

/**
 * Writes a configuration that lets ssh, scp, rsync and sshfs reach machines by their names; each keeps its own port and
 * key, also when a copy has machines on both sides.
 */
export async function withSshConfig<T>(
  hosts: readonly SshHost[],
  task: (file: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "machine-ssh-"));
  try {
    const file = join(directory, "config");
    await writeFile(file, sshConfig(hosts), { mode: 0o600 });
    return await task(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The text of such a configuration. */
export function sshConfig(hosts: readonly SshHost[]): string {
  const common = [
    "ConnectionAttempts 3",
    "ConnectTimeout 10",
    "ControlMaster no",
    "ControlPath none",
    "LogLevel ERROR",
    "PasswordAuthentication no",
    "ServerAliveInterval 60",
    "StrictHostKeyChecking accept-new",
  ];
  return hosts
    .map((host) => `${[`Host ${host.name}`, ...hostLines(host), ...common].join("\n  ")}\n`)
    .join("\n");
}

function hostLines({ address, knownHostsPath }: SshHost): string[] {
  const key = address.keyPath === "" ? [] : [`IdentityFile ${quote(address.keyPath)}`, "IdentitiesOnly yes"];
  return [
    `HostName ${address.host}`,
    `Port ${address.port}`,
    `User ${quote(address.user)}`,
    `HostKeyAlias ${hostAlias}`,
    `UserKnownHostsFile ${quote(knownHostsPath)}`,
    ...key,
  ];
}

/** ssh_config(5): arguments with blanks in double quotes; `%` begins a token. */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}

const noHost = (name: string) =>
  new AppError("NO_SSH", `machine "${name}" is a URL alone: there is no host to log in to`);

const notRunning = (name: string, state: string) =>
  new AppError("HOST_NOT_RUNNING", `machine "${name}" is not running (${state})`, {
    hint: `machine start ${name}`,
  });
