import type {
  CreateHooks,
  Driver,
  DriverConfig,
  DriverContext,
  DriverFeatures,
  DriverModule,
  MachineState,
} from "../../src/driver/driver.ts";
import { hostNotRunning } from "../../src/driver/errors.ts";
import type { FlagSpec } from "../../src/driver/flags.ts";

/** Operations of a driver that a test can make fail. */
export type FakeOperation =
  | "check"
  | "preCreateCheck"
  | "create"
  | "start"
  | "stop"
  | "kill"
  | "restart"
  | "remove";

/** One host of the fake provider. */
export interface FakeHost {
  state: MachineState;
  ip: string;
}

/** The world behind the fake driver: what would be VMs and disks. */
export class FakeProvider {
  readonly hosts = new Map<string, FakeHost>();
  /** Everything outside the store: "vm:NAME", "disk:NAME". */
  readonly resources = new Set<string>();
  /** Called at the start of an operation; what it throws is the operation's failure. */
  readonly hooks = new Map<FakeOperation, (name: string) => Promise<void> | void>();
  /** In order: "create a", "remove a". */
  readonly calls: string[] = [];
  /** Of each removal: was the create that made the host known to have ended by itself? */
  readonly settled: boolean[] = [];
  /** How often `states` was asked. */
  stateCalls = 0;
  nextAddress = 10;

  /** The next, and every later, such operation fails with `error`. */
  fail(operation: FakeOperation, error: unknown): void {
    this.hooks.set(operation, () => {
      throw error;
    });
  }

  async enter(operation: FakeOperation, name: string): Promise<void> {
    this.calls.push(`${operation} ${name}`);
    await this.hooks.get(operation)?.(name);
  }
}

const flags: readonly FlagSpec[] = [
  { name: "fake-size", type: "int", default: 1, summary: "size of the host" },
];

export interface FakeDriverOptions {
  readonly name?: string;
  readonly features?: Partial<DriverFeatures>;
  /** False: `ls` opens each machine. */
  readonly batch?: boolean;
}

/** A driver whose hosts are entries of `provider`. */
export function fakeDriver(provider: FakeProvider, options: FakeDriverOptions = {}): DriverModule {
  const { name = "fake", batch = true } = options;
  const module: DriverModule = {
    name,
    flags,
    features: { hasHost: true, hasPower: true, ownsHost: true, defaultRank: 1, ...options.features },
    async check() {
      await provider.enter("check", "");
      return { usable: true, version: "1.0" };
    },
    configure: (values, base) => ({ ...base, SSHUser: "docker", Size: values.int("fake-size") }),
    open: (ctx, config) => new FakeMachine(provider, ctx, config),
  };
  if (!batch) return module;
  return {
    ...module,
    async states(_ctx, configs) {
      provider.stateCalls += 1;
      return new Map(
        configs.map(({ MachineName }) => {
          const host = provider.hosts.get(MachineName);
          const url = host?.state === "Running" ? `tcp://${host.ip}:2376` : "";
          return [MachineName, { state: host?.state ?? "NotFound", url }];
        }),
      );
    },
  };
}

class FakeMachine implements Driver {
  readonly config: DriverConfig;
  private readonly provider: FakeProvider;
  private readonly ctx: DriverContext;

  constructor(provider: FakeProvider, ctx: DriverContext, config: DriverConfig) {
    this.provider = provider;
    this.ctx = ctx;
    this.config = { ...config };
  }

  private get name(): string {
    return this.config.MachineName;
  }

  async preCreateCheck(): Promise<void> {
    await this.provider.enter("preCreateCheck", this.name);
  }

  async create(hooks: CreateHooks): Promise<void> {
    await this.ctx.ssh.ensureKey(this.config.SSHKeyPath);
    for (const kind of ["disk", "vm"]) {
      this.ctx.signal?.throwIfAborted();
      await hooks.making({ kind, id: this.name });
      this.provider.resources.add(`${kind}:${this.name}`);
    }
    await this.provider.enter("create", this.name);
    this.provider.hosts.set(this.name, { state: "Running", ip: this.newAddress() });
    await this.ip();
  }

  async start(): Promise<void> {
    await this.provider.enter("start", this.name);
    this.host().state = "Running";
    await this.ip();
  }

  async stop(): Promise<void> {
    await this.provider.enter("stop", this.name);
    this.host().state = "Stopped";
  }

  async kill(): Promise<void> {
    await this.provider.enter("kill", this.name);
    this.host().state = "Stopped";
  }

  async restart(): Promise<void> {
    await this.provider.enter("restart", this.name);
  }

  async remove(_made: unknown = [], options: { settled?: boolean } = {}): Promise<void> {
    this.provider.settled.push(options.settled === true);
    await this.provider.enter("remove", this.name);
    this.provider.hosts.delete(this.name);
    this.provider.resources.delete(`vm:${this.name}`);
    this.provider.resources.delete(`disk:${this.name}`);
  }

  async state(): Promise<MachineState> {
    return this.provider.hosts.get(this.name)?.state ?? "NotFound";
  }

  async ip(): Promise<string> {
    const host = this.host();
    if (host.state !== "Running") throw hostNotRunning(this.name);
    this.config.IPAddress = host.ip;
    return host.ip;
  }

  async url(): Promise<string> {
    return `tcp://${await this.ip()}:2376`;
  }

  async reach(port: number): Promise<{ host: string; port: number }> {
    return { host: await this.ip(), port };
  }

  async sshAddress() {
    return { host: await this.ip(), port: 22, user: this.config.SSHUser, keyPath: this.config.SSHKeyPath };
  }

  private host(): FakeHost {
    const host = this.provider.hosts.get(this.name);
    if (host === undefined) throw new Error(`the fake provider has no host ${this.name}`);
    return host;
  }

  private newAddress(): string {
    this.provider.nextAddress += 1;
    return `192.0.2.${this.provider.nextAddress}`;
  }
}
