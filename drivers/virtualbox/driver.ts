import type {
  CreateHooks,
  Driver,
  DriverContext,
  DriverModule,
  MachineState,
  MadeResource,
  SshAddress,
} from "#driver";
import { hostNotRunning } from "#driver";
import { isAppError, usageError } from "#kit/errors";
import { findAddress, type Limits, limitsFrom, networkNameOf, waitForBoot } from "./address.ts";
import { connectCards, forwardArgs, macOf } from "./cards.ts";
import { checkBeforeCreate, requireVirtualization } from "./checks.ts";
import { completeConfig, type VirtualBoxConfig } from "./config.ts";
import { attachDrives, hardwareArgs, makeFiles, placeIso, registerVm } from "./definition.ts";
import { vmMissing } from "./errors.ts";
import { configure, flags } from "./flags.ts";
import { type HostCidr, parseHostCidr } from "./ipv4.ts";
import { hostAddresses } from "./network.ts";
import type { VmInfo } from "./parse.ts";
import { comeToRest, cutPower, powerOn, shutDown } from "./power.ts";
import { removeVm } from "./removal.ts";
import { askStates } from "./states.ts";
import { type VBoxManage, vboxManage } from "./vboxmanage.ts";
import { checkUsable, requireUsable, type VBoxVersion } from "./version.ts";
import { keyPath, stateOf, type Vm, vmInfo } from "./vm.ts";

/** Machines as VirtualBox VMs that boot a boot2docker ISO. */
export const driver: DriverModule<VirtualBoxConfig> = {
  name: "virtualbox",
  flags,
  features: { hasHost: true, hasPower: true, ownsHost: true, defaultRank: 20 },
  configure,
  async check(ctx) {
    if (ctx.arch !== "x64")
      return { usable: false, reason: `VirtualBox boots no x86 machines on ${ctx.arch}` };
    const check = await checkUsable(vboxManage(ctx));
    if (!check.usable || isTrue(ctx.env["VIRTUALBOX_NO_VTX_CHECK"])) return check;
    try {
      await requireVirtualization(ctx);
      return check;
    } catch (error) {
      if (!isAppError(error)) throw error;
      return {
        ...check,
        usable: false,
        reason: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      };
    }
  },
  open: (ctx, config) => new VirtualBoxDriver(ctx, completeConfig(config)),
  states: (ctx, configs) => askStates(ctx, vboxManage(ctx), configs),
};

function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true)$/i.test(text);
}

class VirtualBoxDriver implements Driver<VirtualBoxConfig> {
  readonly config: VirtualBoxConfig;
  private readonly vm: Vm;
  private readonly ctx: DriverContext;
  private readonly vbox: VBoxManage;
  private readonly limits: Limits;
  private version: VBoxVersion | undefined;
  /** This process has seen it run, and has not stopped it since. */
  private isKnownToRun = false;

  constructor(ctx: DriverContext, config: VirtualBoxConfig) {
    this.ctx = ctx;
    this.config = config;
    this.vbox = vboxManage(ctx);
    this.limits = limitsFrom(ctx.env);
    this.vm = {
      ctx,
      vbox: this.vbox,
      config,
      name: config.MachineName,
      dir: ctx.machineDir(config.MachineName),
    };
  }

  async preCreateCheck(): Promise<void> {
    this.version = await checkBeforeCreate(this.vm, this.cidr(), hostAddresses());
  }

  async create(hooks: CreateHooks): Promise<void> {
    const { vm } = this;
    if (hooks.alreadyMaking.length > 0) await removeVm(vm, hooks.alreadyMaking);
    this.config.SSHKeyPath = keyPath(vm);
    const announce = (resource: MadeResource) => hooks.making(resource);
    await makeFiles(vm, announce);
    this.ctx.progress("defining the VM");
    await announce({ kind: "vm", id: vm.name });
    await registerVm(vm);
    const version = await this.requireVersion();
    const expected = await connectCards(vm, {
      cidr: this.cidr(),
      version,
      announce,
      othersMaking: () => hooks.othersMaking(),
      hardware: hardwareArgs(vm),
    });
    await attachDrives(vm);
    await powerOn(vm);
    await this.becomeReachable(expected, await this.infoForAddress(expected));
  }

  async start(): Promise<void> {
    const { vm } = this;
    const found = await vmInfo(vm);
    if (found === undefined) throw vmMissing(vm.name);
    const info = await comeToRest(vm, found);
    const state = stateOf(info);
    let expected = this.config.IPAddress;
    if (state === "Paused") {
      await this.vbox(["controlvm", vm.name, "resume"]);
    } else if (state === "Saved") {
      await this.wake(info);
    } else if (state !== "Running" && state !== "Starting") {
      expected = await connectCards(vm, {
        cidr: this.cidr(),
        version: await this.requireVersion(),
        announce: async () => undefined,
        info,
      });
      await powerOn(vm);
    }
    await this.becomeReachable(expected, await vmInfo(vm));
  }

  /** Some versions let nothing be changed while there is a saved state: then the port stays what it was. */
  private async wake(info: VmInfo): Promise<void> {
    const port = this.config.SSHPort;
    const changes = await forwardArgs(this.vm, info);
    try {
      if (changes.length > 0) await this.vbox(["modifyvm", this.vm.name, ...changes]);
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.ctx.log.debug(`the port of ssh stays ${port}: ${error.message}`);
      this.config.SSHPort = port;
    }
    await powerOn(this.vm);
  }

  async stop(options: { timeoutMs?: number } = {}): Promise<void> {
    const state = await this.state();
    if (state === "NotFound") throw vmMissing(this.vm.name);
    this.isKnownToRun = false;
    if (state === "Stopped") return;
    if (state === "Paused") await this.vbox(["controlvm", this.vm.name, "resume"]);
    // its saved state would be lost otherwise
    if (state === "Saved") await powerOn(this.vm);
    if (state === "Error") await cutPower(this.vm);
    else await shutDown(this.vm, options.timeoutMs ?? this.limits.stopMs);
    this.config.IPAddress = "";
  }

  async kill(): Promise<void> {
    const state = await this.state();
    if (state === "NotFound") throw vmMissing(this.vm.name);
    this.isKnownToRun = false;
    if (state === "Stopped") return;
    if (state === "Saved") await this.vbox(["discardstate", this.vm.name]);
    else await cutPower(this.vm);
    this.config.IPAddress = "";
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async remove(
    alreadyMaking: readonly MadeResource[] = [],
    options: { settled?: boolean } = {},
  ): Promise<void> {
    this.isKnownToRun = false;
    await removeVm(this.vm, alreadyMaking, options);
  }

  async state(): Promise<MachineState> {
    return stateOf(await vmInfo(this.vm));
  }

  async ip(): Promise<string> {
    if (this.isKnownToRun && this.config.IPAddress !== "") return this.config.IPAddress;
    const info = await vmInfo(this.vm);
    if (stateOf(info) !== "Running") throw hostNotRunning(this.vm.name);
    if (this.config.IPAddress === "") {
      this.config.IPAddress = await findAddress(this.vm, this.addressRequest("", info), this.limits);
    }
    this.isKnownToRun = true;
    return this.config.IPAddress;
  }

  async url(): Promise<string> {
    return `tcp://${await this.ip()}:2376`;
  }

  async reach(port: number): Promise<{ host: string; port: number }> {
    return { host: await this.ip(), port };
  }

  async sshAddress(): Promise<SshAddress> {
    return {
      host: "127.0.0.1",
      port: this.config.SSHPort,
      user: this.config.SSHUser,
      keyPath: keyPath(this.vm),
    };
  }

  async upgradeImage(): Promise<void> {
    await placeIso(this.vm);
  }

  async resize(sizes: { cpus?: number; memoryMiB?: number }): Promise<void> {
    const { cpus = this.config.CPU, memoryMiB = this.config.Memory } = sizes;
    const wanted = { CPU: cpus, Memory: memoryMiB };
    const args = hardwareArgs({ config: { ...this.config, ...wanted } });
    const only = (flag: string) => args.slice(args.indexOf(flag), args.indexOf(flag) + 2);
    await this.vbox(["modifyvm", this.vm.name, ...only("--cpus"), ...only("--memory")]);
    Object.assign(this.config, wanted);
  }

  private async becomeReachable(expected: string, info: VmInfo | undefined): Promise<void> {
    this.ctx.progress("waiting for the machine to boot");
    await waitForBoot(this.vm, this.limits);
    this.ctx.progress("waiting for its address");
    this.config.IPAddress = await findAddress(this.vm, this.addressRequest(expected, info), this.limits);
    this.isKnownToRun = true;
  }

  /** Where the address is known beforehand nothing more is asked. */
  private async infoForAddress(expected: string): Promise<VmInfo | undefined> {
    return expected === "" ? vmInfo(this.vm) : undefined;
  }

  private addressRequest(expected: string, info: VmInfo | undefined) {
    return {
      expected,
      mac: info?.get("macaddress2")?.toLowerCase() ?? macOf(this.vm),
      cidr: this.cidr(),
      networkName: networkNameOf(info),
    };
  }

  private cidr(): HostCidr {
    const cidr = parseHostCidr(this.config.HostOnlyCIDR);
    if (cidr === undefined) {
      throw usageError(`the host-only address "${this.config.HostOnlyCIDR}" of "${this.vm.name}" is none`);
    }
    return cidr;
  }

  private async requireVersion(): Promise<VBoxVersion> {
    this.version ??= await requireUsable(this.vbox);
    return this.version;
  }
}
