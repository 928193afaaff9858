import type {
  CreateHooks,
  Driver,
  DriverCheck,
  DriverConfig,
  DriverContext,
  DriverModule,
  MachineState,
  MadeResource,
  StateAnswer,
} from "#driver";
import { hostNotRunning } from "#driver";
import { AppError, messageOf } from "#kit/errors";
import { poll } from "#kit/retry";
import { configure, type DockerConfig, flags, openConfig } from "./config.ts";
import { containerBody } from "./container.ts";
import { Engine, textAt } from "./engine.ts";
import { isOf, label } from "./labels.ts";
import { freeAddress, makeNetwork, networkRange, removeUnusedNetwork } from "./network.ts";
import { addressOf, publishTarget, reachOf, stateOf } from "./reach.ts";
import { settle } from "./settle.ts";
import { states } from "./states.ts";

const networkLock = "docker-network";
const removeMs = 60_000;

/** A machine that is a container with its own sshd and engine on the user's engine. */
class DockerDriver implements Driver<DockerConfig> {
  readonly config: DockerConfig;
  readonly #ctx: DriverContext;
  readonly #engine: Engine;

  constructor(ctx: DriverContext, config: DockerConfig) {
    this.#ctx = ctx;
    this.config = config;
    this.#engine = new Engine(ctx.engine);
  }

  async preCreateCheck(): Promise<void> {
    const info = await this.#engine.call("GET", "/info");
    if (textAt(info, "OSType") !== "linux") {
      throw new AppError(
        "DOCKER_ENGINE_UNFIT",
        "container machines need an engine that runs Linux containers",
      );
    }
    const present = await this.#engine.inspect(this.config.Container);
    if (present !== undefined && !this.#isOurs(present)) throw containerTaken(this.config.Container);
    await this.#findImage();
  }

  async create(hooks: CreateHooks): Promise<void> {
    const image = await this.#findImage();
    // half made by an interrupted run: made anew
    if (hooks.alreadyMaking.length > 0) await this.remove(hooks.alreadyMaking);
    const key = await this.#ctx.ssh.ensureKey(this.config.SSHKeyPath);
    const info = await this.#engine.call("GET", "/info");
    const volumes = this.#volumes();
    for (const name of Object.values(volumes)) {
      await hooks.making({ kind: "volume", id: name });
      await this.#engine.call("POST", "/volumes/create", {
        Name: name,
        Labels: { [label.owner]: "volume", [label.name]: this.config.MachineName },
      });
    }
    this.#ctx.progress("making the container");
    await this.#ctx.withLock(networkLock, async () => {
      const { Network } = this.config;
      const range = await networkRange(this.#engine, Network);
      if (range === undefined) await hooks.making({ kind: "network", id: Network });
      this.config.NetworkCIDR = range ?? (await makeNetwork(this.#engine, Network, this.config.NetworkCIDR));
      this.config.IPAddress = await freeAddress(this.#engine, Network, this.config.NetworkCIDR);
      await hooks.making({ kind: "container", id: this.config.Container });
      const made = await this.#engine.call(
        "POST",
        `/containers/create?name=${this.config.Container}`,
        containerBody({
          config: this.config,
          image,
          authorizedKey: key.trim(),
          volumes,
          publishOn: publishTarget(this.config.Publish, info, this.#ctx)?.bind,
          cgroupVersion: textAt(info, "CgroupVersion"),
        }),
      );
      this.config.ContainerID = textAt(made, "Id");
    });
    await this.#ctx.engine.remember();
    await this.start();
  }

  async start(): Promise<void> {
    const container = await this.#present();
    if (stateOf(container) === "Paused") {
      await this.#engine.call("POST", `/containers/${this.config.Container}/unpause`);
      return;
    }
    this.#ctx.progress("starting the container");
    await this.#engine.call("POST", `/containers/${this.config.Container}/start`, undefined, [304]);
    this.config.IPAddress = addressOf(await this.#present()) || this.config.IPAddress;
  }

  async stop(options: { timeoutMs?: number } = {}): Promise<void> {
    const seconds = Math.ceil((options.timeoutMs ?? 60_000) / 1000);
    if (stateOf(await this.#present()) === "Paused") {
      await this.#engine.call("POST", `/containers/${this.config.Container}/unpause`);
    }
    await this.#engine.call(
      "POST",
      `/containers/${this.config.Container}/stop?t=${seconds}`,
      undefined,
      [304],
    );
  }

  async kill(): Promise<void> {
    await this.#engine.call("POST", `/containers/${this.config.Container}/kill`, undefined, [404, 409]);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async remove(announced: readonly MadeResource[] = [], options: { settled?: boolean } = {}): Promise<void> {
    if (options.settled !== true) await settle(this.#ctx, this.#engine, announced);
    const present = await this.#engine.inspect(this.config.Container);
    const isForeign = present !== undefined && !this.#isOurs(present);
    if (!isForeign) {
      if (present !== undefined) await this.#removeContainer();
      await this.#removeVolumes();
    }
    await this.#ctx.withLock(networkLock, () => removeUnusedNetwork(this.#engine, this.config.Network));
  }

  /** 409: another command's removal of it goes on, which is waited for. */
  async #removeContainer(): Promise<void> {
    const { Container } = this.config;
    const gone = await poll(
      async () => {
        await this.#engine.call("DELETE", `/containers/${Container}?force=1&v=1`, undefined, [404, 409]);
        return (await this.#engine.inspect(Container)) === undefined ? true : undefined;
      },
      { clock: this.#ctx.clock, timeoutMs: removeMs, intervalMs: 200, maxIntervalMs: 1_000 },
    );
    if (gone === undefined) throw notRemovable(Container, removeMs);
  }

  async state(): Promise<MachineState> {
    const container = await this.#engine.inspect(this.config.Container);
    return container === undefined || !this.#isOurs(container) ? "NotFound" : stateOf(container);
  }

  async ip(): Promise<string> {
    const address = addressOf(await this.#running());
    if (address === "") throw hostNotRunning(this.config.MachineName);
    this.config.IPAddress = address;
    return address;
  }

  async url(): Promise<string> {
    const { host, port } = await this.reach(2376);
    return `tcp://${host}:${port}`;
  }

  async reach(port: number): Promise<{ host: string; port: number }> {
    return reachOf(await this.#running(), port, this.#ctx);
  }

  async sshAddress() {
    const reached = await this.reach(22);
    return { ...reached, user: this.config.SSHUser, keyPath: this.config.SSHKeyPath };
  }

  resize = async (sizes: { cpus?: number; memoryMiB?: number }): Promise<void> => {
    if (sizes.cpus !== undefined) this.config.CPU = sizes.cpus;
    if (sizes.memoryMiB !== undefined) this.config.Memory = sizes.memoryMiB;
    const bytes = this.config.Memory * 1024 * 1024;
    await this.#engine.call("POST", `/containers/${this.config.Container}/update`, {
      NanoCpus: this.config.CPU * 1e9,
      Memory: bytes,
      MemorySwap: bytes === 0 ? 0 : bytes * 2,
    });
  };

  async #removeVolumes(): Promise<void> {
    for (const name of Object.values(this.#volumes())) {
      await this.#engine.call("DELETE", `/volumes/${name}?force=1`, undefined, [404]);
    }
  }

  #findImage(): Promise<string> {
    const progress = (message: string) => this.#ctx.progress(message);
    return this.#ctx.images.find({ kind: "container", source: this.config.Image }, progress);
  }

  #volumes(): Record<string, string> {
    return {
      "/var/lib/docker": `${this.config.Container}-docker`,
      "/var/lib/boot2docker": `${this.config.Container}-boot2docker`,
    };
  }

  #isOurs(container: unknown): boolean {
    return (
      textAt(container, "Config", "Labels", label.owner) === "machine" &&
      isOf(this.config, textAt(container, "Config", "Labels", label.store), textAt(container, "Id"))
    );
  }

  async #present(): Promise<unknown> {
    const container = await this.#engine.inspect(this.config.Container);
    if (container === undefined || !this.#isOurs(container)) {
      throw new AppError(
        "HOST_NOT_FOUND",
        `the container "${this.config.Container}" of machine "${this.config.MachineName}" is gone`,
        {
          hint: `machine rm -f ${this.config.MachineName} forgets the machine`,
        },
      );
    }
    return container;
  }

  async #running(): Promise<unknown> {
    const container = await this.#present();
    if (stateOf(container) !== "Running") throw hostNotRunning(this.config.MachineName);
    return container;
  }
}

const containerTaken = (name: string) =>
  new AppError(
    "DOCKER_CONTAINER_TAKEN",
    `a container named "${name}" exists on the engine and is not of this store`,
    {
      hint: "choose another machine name, or remove that container",
    },
  );

const notRemovable = (name: string, limitMs: number) =>
  new AppError(
    "DOCKER_NOT_REMOVED",
    `the engine did not remove the container "${name}" within ${limitMs / 1000} s`,
    {
      hint: "the engine's own log says why",
    },
  );

async function check(ctx: DriverContext): Promise<DriverCheck> {
  try {
    const { status, body } = await ctx.engine.request("GET", "/version");
    if (status === 200) return { usable: true, version: textAt(body, "Version") };
    return { usable: false, reason: `the engine at ${ctx.engine.address} answers ${status}` };
  } catch (error) {
    return {
      usable: false,
      reason: messageOf(error),
      hint: "install Docker (docker.io on Debian) and start it, or set DOCKER_HOST",
    };
  }
}

function statesOf(ctx: DriverContext, configs: readonly DriverConfig[]): Promise<Map<string, StateAnswer>> {
  return states(ctx, configs.map(openConfig));
}

/** Machines as containers on the user's own engine. */
export const driver: DriverModule<DockerConfig> = {
  name: "docker",
  flags,
  features: { hasHost: true, hasPower: true, ownsHost: true, defaultRank: 1 },
  check,
  configure,
  open: (ctx, config) => new DockerDriver(ctx, openConfig(config)),
  states: statesOf,
};
