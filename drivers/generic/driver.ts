import { access, chmod, copyFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type {
  CreateHooks,
  Driver,
  DriverConfig,
  DriverContext,
  DriverModule,
  FlagSpec,
  FlagValues,
  MachineState,
} from "#driver";
import { hostNotRunning, notSupported } from "#driver";
import { AppError, isAppError, usageError } from "#kit/errors";

interface GenericConfig extends DriverConfig {
  EnginePort: number;
  /** The key as the user named it; "" for ssh's own defaults and agent. */
  SSHKey: string;
}

const flags: readonly FlagSpec[] = [
  {
    name: "generic-ip-address",
    type: "string",
    default: "",
    env: "GENERIC_IP_ADDRESS",
    summary: "address or name of the host (required)",
  },
  {
    name: "generic-ssh-user",
    type: "string",
    default: "root",
    env: "GENERIC_SSH_USER",
    summary: "user to log in as; needs sudo without a password",
  },
  {
    name: "generic-ssh-port",
    type: "int",
    default: 22,
    env: "GENERIC_SSH_PORT",
    summary: "port of its sshd",
  },
  {
    name: "generic-ssh-key",
    type: "string",
    default: "",
    env: "GENERIC_SSH_KEY",
    summary: "private key, copied into the store (default: ssh's own keys and agent)",
  },
  {
    name: "generic-engine-port",
    type: "int",
    default: 2376,
    env: "GENERIC_ENGINE_PORT",
    summary: "port of the engine",
  },
];

/** Longest wait at create: the host is expected to run. */
const createMs = 30_000;

/** A look whether the host is up: a busy one that has accepted the connection may take its time to greet. */
const probeMs = 15_000;

function port(values: FlagValues, name: string): number {
  const value = values.int(name);
  if (value < 1 || value > 65_535) throw usageError(`--${name} is a port, 1 to 65535, not ${value}`);
  return value;
}

function configure(values: FlagValues, base: DriverConfig): GenericConfig {
  const host = values.string("generic-ip-address");
  if (host === "") throw usageError("--generic-ip-address is required with the driver generic");
  if (/[\s/@]/.test(host)) throw usageError(`--generic-ip-address: "${host}" is no address and no host name`);
  const key = values.string("generic-ssh-key");
  return {
    ...base,
    IPAddress: host,
    SSHUser: values.string("generic-ssh-user"),
    SSHPort: port(values, "generic-ssh-port"),
    SSHKeyPath: key === "" ? "" : join(base.StorePath, "machines", base.MachineName, basename(key)),
    // docker-machine's generic driver keeps no Swarm fields
    SwarmMaster: false,
    SwarmHost: "",
    SwarmDiscovery: "",
    EnginePort: port(values, "generic-engine-port"),
    SSHKey: key,
  };
}

/** Any Linux host that can be reached by SSH; it is provisioned, never started, stopped or deleted. */
class GenericDriver implements Driver<GenericConfig> {
  readonly config: GenericConfig;
  readonly #ctx: DriverContext;

  constructor(ctx: DriverContext, config: DriverConfig) {
    this.#ctx = ctx;
    const { EnginePort, SSHKey } = config;
    this.config = Object.assign(config, {
      EnginePort: typeof EnginePort === "number" && EnginePort > 0 ? EnginePort : 2376,
      SSHKey: typeof SSHKey === "string" ? SSHKey : "",
      SSHPort: config.SSHPort === 0 ? 22 : config.SSHPort,
      SSHUser: config.SSHUser === "" ? "root" : config.SSHUser,
    });
  }

  async preCreateCheck(): Promise<void> {
    const { SSHKey } = this.config;
    if (SSHKey === "") return;
    try {
      await access(SSHKey);
    } catch (cause) {
      throw new AppError("GENERIC_KEY_UNREADABLE", `the SSH key "${SSHKey}" cannot be read`, { cause });
    }
  }

  async create(_hooks: CreateHooks): Promise<void> {
    const { SSHKey, SSHKeyPath } = this.config;
    if (SSHKey !== "") {
      await copyFile(SSHKey, SSHKeyPath);
      await chmod(SSHKeyPath, 0o600);
      await this.#copyPublicKey();
    }
    const timeoutMs = Math.min(createMs, this.#ctx.sshTimeoutMs ?? createMs);
    await this.#ctx.ssh.waitForBanner(await this.sshAddress(), { timeoutMs, ...this.#signal() });
  }

  async #copyPublicKey(): Promise<void> {
    const { SSHKey, SSHKeyPath } = this.config;
    try {
      await copyFile(`${SSHKey}.pub`, `${SSHKeyPath}.pub`);
      await chmod(`${SSHKeyPath}.pub`, 0o600);
    } catch {
      this.#ctx.log.debug(`there is no ${SSHKey}.pub to copy`); // nothing needs it
    }
  }

  start = () => this.#refuse("start");
  stop = () => this.#refuse("stop");
  kill = () => this.#refuse("kill");

  async restart(): Promise<void> {
    try {
      await this.#ctx.ssh.run(await this.sshAddress(), "sudo shutdown -r now");
    } catch (error) {
      // the host may end the connection before it has answered
      if (!isAppError(error, "SSH_CONNECTION_LOST") && !isAppError(error, "SSH_COMMAND_FAILED")) throw error;
    }
  }

  /** The host stays as it is; only our copy of the key goes, with the machine's directory. */
  async remove(): Promise<void> {
    if (this.config.SSHKey !== "") await rm(this.config.SSHKeyPath, { force: true });
  }

  async state(): Promise<MachineState> {
    try {
      const look = { timeoutMs: probeMs, once: true, ...this.#signal() };
      await this.#ctx.ssh.waitForBanner(await this.sshAddress(), look);
      return "Running";
    } catch (error) {
      if (isAppError(error, "SSH_UNREACHABLE")) return "Stopped";
      throw error;
    }
  }

  async ip(): Promise<string> {
    return this.config.IPAddress;
  }

  async url(): Promise<string> {
    if ((await this.state()) !== "Running") throw hostNotRunning(this.config.MachineName);
    const host = this.config.IPAddress.includes(":") ? `[${this.config.IPAddress}]` : this.config.IPAddress;
    return `tcp://${host}:${this.config.EnginePort}`;
  }

  async reach(onPort: number) {
    return { host: this.config.IPAddress, port: onPort };
  }

  async sshAddress() {
    const { IPAddress, SSHPort, SSHUser, SSHKeyPath } = this.config;
    return { host: IPAddress, port: SSHPort, user: SSHUser, keyPath: SSHKeyPath };
  }

  #signal(): { signal?: AbortSignal } {
    return this.#ctx.signal === undefined ? {} : { signal: this.#ctx.signal };
  }

  #refuse(operation: string): Promise<never> {
    return Promise.reject(notSupported("generic", operation));
  }
}

/** Hosts that exist already. */
export const driver: DriverModule<GenericConfig> = {
  name: "generic",
  flags,
  features: { hasHost: true, hasPower: false, ownsHost: false, enginePortKey: "EnginePort" },
  check: async () => ({ usable: true }),
  configure,
  open: (ctx, config) => new GenericDriver(ctx, config),
};
